# SPDX-License-Identifier: Apache-2.0
"""`python -m web users add|list|scope|password`."""

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import Any

from web.accounts.scopes import Scope
from web.refused import CommandRefused


def add_to(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command `users`. Passwords are asked for or read from standard input, never arguments."""
    users = commands.add_parser("users", help="people who may log in").add_subparsers(required=True, metavar="WHAT")
    _add(users, "add", _made).add_argument("--scope", default=Scope.VIEW, choices=list(Scope))
    _add(users, "scope", _scoped).add_argument("scope", choices=list(Scope))
    _add(users, "password", _renewed)
    users.add_parser("list").set_defaults(run=_listed)


def _add(users: Any, name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = users.add_parser(name)
    parser.add_argument("name")
    parser.set_defaults(run=lambda asked: _told(run, asked))
    return parser


def _told(run: Callable[[argparse.Namespace], None], asked: argparse.Namespace) -> None:
    from web.accounts.people import UserRefused  # its models need the open site

    try:
        run(asked)
    except UserRefused as wrong:
        raise CommandRefused(str(wrong)) from wrong


def _made(asked: argparse.Namespace) -> None:
    from web.accounts.people import add_user

    user = add_user(name=asked.name, password=_password(), scope=Scope(asked.scope))
    sys.stdout.write(f"{user.username} {Scope(user.scope).label}.\n")


def _scoped(asked: argparse.Namespace) -> None:
    from web.accounts.people import set_scope

    user = set_scope(name=asked.name, scope=Scope(asked.scope))
    sys.stdout.write(f"{user.username} {Scope(user.scope).label}.\n")


def _renewed(asked: argparse.Namespace) -> None:
    from web.accounts.people import set_password

    set_password(name=asked.name, password=_password())
    sys.stdout.write(f"{asked.name} has another password; who was logged in with the old one is logged out.\n")


def _listed(_asked: argparse.Namespace) -> None:
    from web.accounts.people import people

    for user in people():
        last = f"last logged in {user.last_login:%Y-%m-%d %H:%M} UTC" if user.last_login else "never logged in"
        off = "" if user.is_active else ", switched off"
        sys.stdout.write(f"{user.username}: {user.holds}, {last}{off}\n")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise CommandRefused("These two were not the same: nothing was changed.")
    return first
