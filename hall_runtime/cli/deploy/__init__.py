# SPDX-License-Identifier: Apache-2.0
"""`projectionist deploy`: releases built, signed and kept; roll-outs planned, begun, watched, stopped."""

import typer

from hall_runtime.cli.deploy.asking import abort, pause, release, resume
from hall_runtime.cli.deploy.making import build, sign
from hall_runtime.cli.deploy.planning import plan, start
from hall_runtime.cli.deploy.shelving import add, releases, withdraw
from hall_runtime.cli.deploy.status import status

app = typer.Typer(help="Kernel modules and agents for the servers.", no_args_is_help=True)
for _command in (build, sign, add, releases, withdraw, plan, start, status, pause, resume, abort, release):
    app.command(_command.__name__)(_command)
