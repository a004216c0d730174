# SPDX-License-Identifier: Apache-2.0
"""`projectionist web`, `users`, `tokens`: the web side of a site is a program of its own, and these become it."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hall_runtime.cli.common import DEFAULT_CONFIG, ConfigOption, StateOption, configuration, state_directory, told, who
from hall_runtime.web_child import ALARMS_VARIABLE, web_command, web_environment

users = typer.Typer(help="People who may log in on the board.", no_args_is_help=True)
tokens = typer.Typer(help="Keys of programs to the API.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="The user's name; it stands in the log.")]
ScopeOption = Annotated[str, typer.Option("--scope", help="view, operate, deploy or admin.")]


def web(
    config: ConfigOption = DEFAULT_CONFIG,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the site's board and API until SIGTERM or Ctrl-C. The halls run on without it."""
    from adapters.store.site import open_site
    from hall_runtime.describe import describe

    site = configuration(config)
    with told():
        open_site(site.state)
        describe(site)
    os.environ[ALARMS_VARIABLE] = site.alarms.model_dump_json()
    _become(site.state, "serve", "--host", host, "--port", str(port))


@users.command("add")
def users_add(
    name: NameArgument, scope: ScopeOption = "view", state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Make a user. The password is asked for, or read from standard input."""
    _become(state_directory(state, config), "users", "add", "--scope", scope, "--", name)


@users.command("list")
def users_list(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show the users and what they may do."""
    _become(state_directory(state, config), "users", "list")


@users.command("scope")
def users_scope(
    name: NameArgument,
    scope: Annotated[str, typer.Argument(help="view, operate, deploy or admin.")],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Change what a user may do, at once."""
    _become(state_directory(state, config), "users", "scope", "--", name, scope)


@users.command("password")
def users_password(name: NameArgument, state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give a user another password, which ends their sessions."""
    _become(state_directory(state, config), "users", "password", "--", name)


@tokens.command("add")
def tokens_add(
    name: Annotated[str, typer.Argument(help="The token's name; it stands in the log.")],
    scope: ScopeOption = "view",
    days: Annotated[int, typer.Option(help="How many days it is good for; 0: until it is revoked.", min=0)] = 0,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a token and print it, this once."""
    chosen = ("--scope", scope, "--days", str(days), "--made-by", who())
    _become(state_directory(state, config), "tokens", "add", *chosen, "--", name)


@tokens.command("list")
def tokens_list(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show the tokens: their ids, names and scopes, never their secrets."""
    _become(state_directory(state, config), "tokens", "list")


@tokens.command("revoke")
def tokens_revoke(
    token: Annotated[str, typer.Argument(help="The token's id, from `tokens list`.")],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Revoke a token for good."""
    _become(state_directory(state, config), "tokens", "revoke", "--", token)


def _become(state: Path, *arguments: str) -> NoReturn:
    """End this program and begin the web's in its place, under the same pid."""
    sys.stdout.flush()
    command = web_command(*arguments)
    os.execve(command[0], command, web_environment(state))  # noqa: S606  # our own program, no shell
