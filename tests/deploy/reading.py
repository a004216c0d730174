# SPDX-License-Identifier: Apache-2.0
"""What the API says of deployments: `python -m tests.deploy.reading STATE DEPLOYMENT…`, a process of its own.

The board's page of a deployment shows that and nothing else: tests/web/board holds the page to it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import django


def api_of(state: Path, deployments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the answers by deployment."""
    words = [sys.executable, "-m", "tests.deploy.reading", str(state), *deployments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers


def main(state: str, *deployments: str) -> None:
    """Ask as somebody who may look."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "web.settings", "PROJECTIONIST_STATE": state}
    django.setup()
    from django.test import Client
    from django.test.utils import setup_test_environment

    from tests.support.sites import open_site
    from tests.web.support.access import bearer

    open_site(Path(state))
    setup_test_environment()
    client = Client(headers=bearer())
    answers = {each: client.get(f"/api/v1/deployments/{each}").json() for each in deployments}
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
