# SPDX-License-Identifier: Apache-2.0
"""`projectionist shows`: what is planned, planned anew, taken from a file, cancelled."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from hall_runtime.cli.common import (
    DEFAULT_CONFIG,
    CommandFailed,
    ConfigOption,
    StateOption,
    opened,
    state_directory,
    told,
    who,
)

if TYPE_CHECKING:
    from adapters.store.models import ShowEntry

app = typer.Typer(help="The show schedule.", no_args_is_help=True)
_DAY_NS = 86_400_000_000_000
_MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
_KINDS = {".ics": "text/calendar", ".csv": "text/csv"}


@app.command("list")
def list_shows(
    days: Annotated[int, typer.Option(help="How many days ahead.", min=1, max=366)] = 7,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print the shows of the last day and the coming ones."""
    opened(state_directory(state, config))
    from adapters.store.show_draft import draft_of, site_facts
    from adapters.store.show_runs import runs_of, state_of
    from adapters.store.shows import shows

    now_ns = time.time_ns()
    with told():
        found = shows(from_ns=now_ns - _DAY_NS, to_ns=now_ns + days * _DAY_NS)
        known, site = runs_of(found), site_facts()
    starts_column, hall_column = (Column(name, no_wrap=True) for name in ("starts", "hall"))
    table = Table(starts_column, hall_column, "title", "film", "state", "id", box=None)
    for entry in found:
        title, gauge, feet = draft_of(entry).programme
        starts = f"{datetime.fromtimestamp(entry.starts_ns / 1e9, site.zone):%a %d %b %H:%M}"
        how = state_of(entry, known, now_ns) + (", by itself" if entry.start == "schedule" else "")
        table.add_row(starts, entry.hall, title, f"{gauge} mm × {len(feet)}", how, str(entry.id)[:8])
    Console(highlight=False).print(table if found else "no show is planned", markup=False)


@app.command()
def add(  # noqa: PLR0917  # options are named on the command line
    hall: Annotated[str, typer.Argument(help="The hall's id.")],
    starts: Annotated[datetime, typer.Argument(formats=_MOMENTS, help="In the site's time, as 2026-05-03T20:45.")],
    title: Annotated[str, typer.Argument(help="A print's title in the book, or any with --gauge and --feet.")],
    gauge: Annotated[str, typer.Option(help="16, 35 or 70 mm.")] = "",
    feet: Annotated[str, typer.Option(help="The feet of each reel, as '2000 1950'.")] = "",
    start: Annotated[str, typer.Option(help="Who starts it: operator or schedule.")] = "operator",
    cue: Annotated[list[str] | None, typer.Option(help="'FRAME VERB ARG', as '4800 lights up'; repeatable.")] = None,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Plan a show."""
    directory = opened(state_directory(state, config))
    from adapters.store.show_files.importing import import_raw
    from adapters.store.show_files.raw import RawShow

    raw = RawShow(
        number=1,
        hall=hall,
        title=title,
        starts=starts,
        gauge=gauge,
        feet=feet,
        start=start,
        cues=";".join(cue or ()),
    )
    with told():
        made = import_raw(raw=[raw], partial=False, by=who(), now_ns=time.time_ns())
    if made.problems:
        raise CommandFailed("; ".join(made.problems[1]))
    _tell(directory, made.planned)
    if made.unchanged:
        typer.echo("planned already, just so")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="An iCalendar (.ics) or CSV (.csv) file.", exists=True, dir_okay=False)],
    partial: Annotated[bool, typer.Option("--partial", help="Plan the good rows although others are bad.")] = False,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Plan the shows of a file: all of them, or none when a row is bad."""
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise CommandFailed(f"{file.name}: a schedule is a file .ics or .csv")
    directory = opened(state_directory(state, config))
    from adapters.store.show_files import importing

    with told():
        made = importing.import_file(
            kind=importing.FileKind(kind), data=file.read_bytes(), partial=partial, by=who(), now_ns=time.time_ns()
        )
    for number, problems in sorted(made.problems.items()):
        typer.echo(f"row {number}: {'; '.join(problems)}", err=True)
    _tell(directory, made.planned)
    if made.unchanged:
        typer.echo(f"{made.unchanged} planned already, just so")
    if made.problems:
        done = "the others were planned" if partial else "nothing was planned: mend them, or ask with --partial"
        raise CommandFailed(f"{len(made.problems)} bad row{'s' if len(made.problems) > 1 else ''}; {done}")


@app.command()
def cancel(
    show: Annotated[str, typer.Argument(help="The show's id, or its beginning, as `shows list` prints it.")],
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Cancel a show that has not begun; sessions that were opened for it close."""
    directory = opened(state_directory(state, config))
    from adapters.store.shows import cancel_show, shows
    from adapters.store.wake import tell_schedule_changed

    now_ns = time.time_ns()
    with told():
        near = shows(from_ns=now_ns - _DAY_NS, to_ns=now_ns + 366 * _DAY_NS)
        meant = [entry for entry in near if str(entry.id).startswith(show.lower())]
        if len(meant) != 1 or not show:
            count = len(meant) or "no"
            raise CommandFailed(f"{count} shows have an id that begins with {show!r:.40}: see `shows list`")
        cancelled = cancel_show(show_id=meant[0].id, now_ns=now_ns)
    tell_schedule_changed(directory, cancelled.hall)
    typer.echo(f"cancelled: {_words(cancelled)}")


def _tell(directory: Path, planned: "tuple[ShowEntry, ...]") -> None:
    """Say what was planned; the runtime hears of it at once, where one runs."""
    from adapters.store.wake import tell_schedule_changed

    if planned:
        tell_schedule_changed(directory)
    for entry in planned:
        typer.echo(f"planned: {_words(entry)}")


def _words(entry: "ShowEntry") -> str:
    from adapters.store.show_draft import draft_of, site_facts

    title = draft_of(entry).programme[0]
    return f"{title}, {entry.hall}, {site_facts().spoken(entry.starts_ns)} ({str(entry.id)[:8]})"
