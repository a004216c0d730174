# SPDX-License-Identifier: Apache-2.0
"""`python -m web tokens add|list|revoke`."""

import argparse
import sys
import time
from datetime import UTC, datetime
from typing import Any

from web.accounts.scopes import Scope
from web.refused import CommandRefused

_DAY_NS = 86_400_000_000_000


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command `tokens`."""
    tokens = commands.add_parser("tokens", help="keys of programs").add_subparsers(required=True, metavar="WHAT")
    add = tokens.add_parser("add")
    add.add_argument("name")
    add.add_argument("--scope", default=Scope.VIEW, choices=list(Scope))
    add.add_argument("--days", type=int, default=0)
    add.add_argument("--made-by", default="")
    add.set_defaults(run=_made)
    revoke = tokens.add_parser("revoke")
    revoke.add_argument("token")
    revoke.set_defaults(run=_revoked)
    tokens.add_parser("list").set_defaults(run=_listed)


def _made(asked: argparse.Namespace) -> None:
    from web.accounts.tokens import TokenRefused, add_token  # its models need the open site

    expires_ns = time.time_ns() + asked.days * _DAY_NS if asked.days else None
    try:
        _token, text = add_token(
            name=asked.name, scope=Scope(asked.scope), made_by=asked.made_by, expires_ns=expires_ns
        )
    except TokenRefused as wrong:
        raise CommandRefused(str(wrong)) from wrong
    sys.stderr.write("Keep it now: it is shown this once.\n")
    sys.stdout.write(f"{text}\n")


def _revoked(asked: argparse.Namespace) -> None:
    from web.accounts.tokens import revoke_token

    token = revoke_token(token_id=asked.token)
    if token is None:
        raise CommandRefused(f"There is no token {asked.token}; `projectionist tokens list` shows all.")
    sys.stdout.write(f"{token.name} is revoked.\n")


def _listed(_asked: argparse.Namespace) -> None:
    from web.accounts.tokens import tokens

    for token in tokens():
        end = f"ends {_day(token.expires_ns)}" if token.expires_ns else "has no end"
        if token.revoked_ns:
            end = f"revoked {_day(token.revoked_ns)}"
        used = f"used {_day(token.used_ns)}" if token.used_ns else "never used"
        sys.stdout.write(f"{token.id} {token.name}: {token.scope}, made {_day(token.made_ns)}, {used}, {end}\n")


def _day(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns / 1e9, UTC):%Y-%m-%d}"
