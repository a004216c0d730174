# SPDX-License-Identifier: Apache-2.0
"""`projectionist enrol`: the script that makes a server ready, to be read before it is run."""

from pathlib import Path
from typing import Annotated

import typer

from hall_runtime.cli.common import DEFAULT_CONFIG, CommandFailed, ConfigOption, configuration
from statemachines.words import Role


def enrol(
    server: Annotated[str, typer.Argument(help="The server's id in the configuration.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print one root script for a server: account, agent, trusted authority, principals. Nothing is run."""
    from adapters.ssh.enrol import EnrolPlan, enrolment_script

    site = configuration(config)
    ids = [each.id for each in site.servers]
    if server not in ids:
        raise CommandFailed(f"no server is called {server!r}: one of {', '.join(ids)}")
    public = Path(f"{site.ssh.authority}.pub")
    if not public.is_file():
        raise CommandFailed(f"{public} is missing: make the authority with `projectionist keys init`")
    chosen = site.server(server)
    seats = tuple((hall.id, str(role)) for hall in site.halls for role in Role if hall.server_of(role) == server)
    plan = EnrolPlan(
        server=server,
        seats=seats,
        authority_line=" ".join(public.read_text(encoding="ascii").split()[:2]),
        controllers=tuple(site.ssh.source_address),
        watched=site.kernel.subsystem if site.is_watched(chosen) else "",
        signers=tuple(site.deploy.signers),
    )
    try:
        typer.echo(enrolment_script(plan), nl=False)
    except ValueError as wrong:
        raise CommandFailed(f"server {server}: {wrong}") from wrong
