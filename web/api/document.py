# SPDX-License-Identifier: Apache-2.0
"""The API's own document as a file: `python -m web.api.document --write | --check`."""

import argparse
import json
import os
import sys
from pathlib import Path

FILE = Path(__file__).with_name("openapi.json")


def document() -> str:
    """Return the OpenAPI document as JSON; nothing of a site is in it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")
    django.setup()
    from django.core.serializers.json import DjangoJSONEncoder

    from web.api.api import api

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m web.api.document", description="The API's OpenAPI document.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write it anew")
    what.add_argument("--check", action="store_true", help="fail when the one that is there is stale")
    asked = parser.parse_args()
    if asked.write:
        FILE.write_text(document())
    elif not FILE.exists() or FILE.read_text() != document():
        sys.exit(f"{FILE.name} is not what the API says: run python -m web.api.document --write")


if __name__ == "__main__":
    main()
