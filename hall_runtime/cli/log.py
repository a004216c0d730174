# SPDX-License-Identifier: Apache-2.0
"""`projectionist log`: export, import, verify and prune the event log."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    opened,
    state_directory,
    told,
)
from statemachines.replay import folded

app = typer.Typer(help="The event log: export, import, verify, prune.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(help="A file of one JSON object a line.")]


@app.command("export")
def export(
    file: FileArgument,
    hall: Annotated[str, typer.Option(help="Only this hall.")] = "",
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the log to a file that `replay` and `log import` read."""
    opened(state_directory(state, config))
    from adapters.store.jsonl import export as export_log

    with told(), file.open("wb") as out:
        rows = export_log(out, stream=hall or None)
    typer.echo(f"{rows} lines written to {file}")


@app.command("import")
def import_(file: FileArgument, state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Read a file into an empty log, or one that it continues. The chain is verified first: all rows or none."""
    from adapters.store.lock import SiteLock
    from adapters.store.site import open_site

    directory = state_directory(state, config)
    with told(), file.open("rb") as source:
        open_site(directory)
        from adapters.store.jsonl import import_ as import_log  # Django's models need an open site

        with SiteLock(directory):
            rows = import_log(source)
    typer.echo(f"{rows} lines read from {file}")


@app.command("verify")
def verify(state: StateOption = None, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check the hash chain of every stream; name the first wrong row."""
    opened(state_directory(state, config))
    from adapters.store.selectors import log_items
    from adapters.store.verify import verify as verify_items

    with told():
        report = verify_items(log_items())
    if not report.ok:
        raise CommandFailed("; ".join(str(fault) for fault in report.faults))
    typer.echo(f"{report.rows} rows in {len(report.heads)} streams: the chain is whole")


@app.command("prune")
def prune(
    before: Annotated[
        datetime,
        typer.Option(help="Forget rows older than this local time.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    ],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Forget old rows; a sealed checkpoint stays, so that the chain still verifies."""
    directory = opened(state_directory(state, config))
    from adapters.store.lock import SiteLock
    from adapters.store.prune import prune as prune_log

    before_ns = int(before.astimezone(UTC).timestamp()) * 1_000_000_000
    with told(), SiteLock(directory):
        pruned = prune_log(before_ns=before_ns, fold=folded)
    typer.echo(f"{sum(pruned.values())} rows pruned")
