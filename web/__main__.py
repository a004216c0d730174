# SPDX-License-Identifier: Apache-2.0
"""`python -m web …`: the web process of a site, its users and its tokens. `projectionist web` and others become this.

The state directory is that of PROJECTIONIST_STATE.
"""

import argparse
import os
import sys
from pathlib import Path

from web.refused import CommandRefused


def main() -> None:
    """Run a command; what a person can mend ends in one sentence and status 1 or 2."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"
    asked = _parser().parse_args()
    try:
        _run(asked)
    except CommandRefused as wrong:
        sys.stderr.write(f"projectionist: {wrong}\n")
        sys.exit(wrong.status)


def _parser() -> argparse.ArgumentParser:
    from web import serving
    from web.accounts import token_commands, user_commands

    parser = argparse.ArgumentParser(prog="python -m web", description="A site's board and API.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serving.add_to(commands)
    user_commands.add_to(commands)
    token_commands.add_to(commands)
    check = commands.add_parser("check", help="look at the settings as Django does before a deployment")
    check.set_defaults(run=_check)
    return parser


def _run(asked: argparse.Namespace) -> None:
    from adapters.store.errors import StoreError
    from adapters.store.site import open_site

    state = os.environ.get("PROJECTIONIST_STATE")
    if not state:
        raise CommandRefused("PROJECTIONIST_STATE must name the site's state directory.", status=2)
    try:
        open_site(Path(state))
        asked.run(asked)
    except StoreError as wrong:
        raise CommandRefused(str(wrong)) from wrong
    except Exception as wrong:
        from django.db import DatabaseError

        if not isinstance(wrong, DatabaseError):
            raise
        raise CommandRefused(f"The site's database cannot be used: {wrong}; see `projectionist doctor`.") from wrong


def _check(_asked: argparse.Namespace) -> None:
    from django.core.management import CommandError, call_command

    try:
        call_command("check", deploy=True, fail_level="WARNING")
    except CommandError as wrong:
        raise CommandRefused(str(wrong)) from wrong


if __name__ == "__main__":
    main()
