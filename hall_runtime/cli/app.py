# SPDX-License-Identifier: Apache-2.0
"""The commands put together, and the one place where an error becomes a sentence and a status."""

import sys

import typer
from rich.console import Console

from hall_runtime.cli import deploy, keys, log, shows
from hall_runtime.cli import web as web_side
from hall_runtime.cli.common import CommandFailed
from hall_runtime.cli.demo import demo
from hall_runtime.cli.doctor import doctor
from hall_runtime.cli.enrol import enrol
from hall_runtime.cli.graph import graph
from hall_runtime.cli.halls import halls
from hall_runtime.cli.replay import replay
from hall_runtime.cli.request import request
from hall_runtime.cli.run import run

app = typer.Typer(
    name="projectionist",
    help="The automatic projectionist for cinemas that run film.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo)
app.command("run")(run)
app.command("halls")(halls)
app.command("request")(request)
app.command("graph")(graph)
app.command("replay")(replay)
app.add_typer(log.app, name="log")
app.add_typer(shows.app, name="shows")
app.add_typer(keys.app, name="keys")
app.add_typer(deploy.app, name="deploy")
app.command("enrol")(enrol)
app.command("doctor")(doctor)
app.command("web")(web_side.web)
app.add_typer(web_side.users, name="users")
app.add_typer(web_side.tokens, name="tokens")


def main() -> None:
    """Run a command; what a person can mend ends in one sentence and status 1 or 2, not in a traceback."""
    try:
        app()
    except CommandFailed as failed:
        Console(stderr=True, highlight=False).print(f"projectionist: {failed}", style="red", markup=False)
        sys.exit(failed.status)
