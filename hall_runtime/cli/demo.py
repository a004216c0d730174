# SPDX-License-Identifier: Apache-2.0
"""`projectionist demo`: a multiplex of four halls that runs by itself on this machine."""

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from hall_runtime.cli.common import CommandFailed, told
from hall_runtime.cli.view import site_view

if TYPE_CHECKING:
    from hall_runtime.demo.play import Show

_ENOUGH_S = 60
_HALL_LINES, _FRAME_LINES = 5, 5


def demo(
    for_s: Annotated[float | None, typer.Option("--for", help="End after so many seconds.", min=1)] = None,
    directory: Annotated[Path, typer.Option(help="Where it keeps what it makes; made anew each time.")] = Path(".demo"),
    events: Annotated[
        str, typer.Option(help="`auto`: real uevents where this machine lets us; `socket`: never.")
    ] = "auto",
) -> None:
    """Run four halls on simulated reels: real sessions, real keys, real log. Ctrl-C ends it."""
    from adapters.store.site import open_site
    from hall_runtime.demo.booth import BoothFailed
    from hall_runtime.demo.directory import DirectoryTaken, own_directory
    from hall_runtime.saying import set_up_saying

    console = Console(highlight=False)
    directory = directory.absolute()
    began = time.monotonic()
    try:
        with own_directory(directory), told():
            set_up_saying(file=directory / "runtime.log")
            open_site(directory / "state")
            show = _played(console, directory, events, for_s)
    except (BoothFailed, DirectoryTaken) as failed:
        raise CommandFailed(str(failed)) from failed
    from hall_runtime.demo.summary import summary

    text, in_order = summary(show, long_enough=time.monotonic() - began >= _ENOUGH_S)
    console.print(text)
    if not in_order:
        sys.exit(1)


def _played(console: Console, directory: Path, events: str, for_s: float | None) -> "Show":
    """Play with a live view on a terminal, else with a line for each thing that people would notice."""
    from hall_runtime.demo.play import play

    def say(words: str) -> None:
        console.print(Text(words, style="dim"))

    if not console.is_terminal:
        printed = _Printer(console)
        return asyncio.run(play(directory, events=events, for_s=for_s, view=printed, say=say))
    with Live(console=console, auto_refresh=False, transient=True) as live:
        return asyncio.run(play(directory, events=events, for_s=for_s, view=_Drawer(live), say=say))


class _Printer:
    """Prints what is new since the last look."""

    def __init__(self, console: Console) -> None:
        self._console, self._printed = console, 0

    def __call__(self, show: "Show") -> None:
        new = min(show.said - self._printed, len(show.lines))
        for line in list(show.lines)[len(show.lines) - new :]:
            self._console.print(line, soft_wrap=True)
        self._printed = show.said


class _Drawer:
    """Draws the whole picture anew."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def __call__(self, show: "Show") -> None:
        from hall_runtime.demo.summary import footer

        now_ns = show.runtime.clock.now_ns()
        room = max(self._live.console.height - _FRAME_LINES - _HALL_LINES * len(show.tallies), 0)
        lines = list(show.lines)[-room:] if room else []
        picture = site_view(show.config.site.name, show.sights(), lines, footer(show), now_ns)
        self._live.update(picture, refresh=True)
