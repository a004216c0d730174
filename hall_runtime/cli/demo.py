# SPDX-License-Identifier: Apache-2.0
"""`projectionist demo`: a multiplex of four halls that runs by itself on this machine."""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from hall_runtime.cli.common import CommandFailed, told
from hall_runtime.cli.view import site_view

if TYPE_CHECKING:
    from hall_runtime.demo.play import Scene, Show

_ENOUGH_S = 60
_HALL_LINES, _FRAME_LINES = 5, 6


def demo(  # noqa: PLR0917  # Typer's own way to say options
    for_s: Annotated[float | None, typer.Option("--for", help="End after so many seconds.", min=1)] = None,
    directory: Annotated[Path, typer.Option(help="Where it keeps what it makes; made anew each time.")] = Path(".demo"),
    events: Annotated[
        str, typer.Option(help="`auto`: real uevents where this machine lets us; `socket`: never.")
    ] = "auto",
    port: Annotated[int, typer.Option(help="Where the board is served; 0 takes a free port.", min=0, max=65535)] = 8000,
    no_web: Annotated[bool, typer.Option("--no-web", help="Serve no board.")] = False,
    hands_off: Annotated[
        bool, typer.Option("--hands-off", help="Leave it to the board to acknowledge faults.")
    ] = False,
) -> None:
    """Run four halls on simulated reels: real sessions, real keys, real log, and the board. Ctrl-C ends it."""
    from hall_runtime.demo.scene import MultiplexScene

    demonstrate(
        MultiplexScene(events), for_s=for_s, directory=directory, port=None if no_web else port, hands_off=hands_off
    )


def demonstrate(
    scene: "Scene", *, for_s: float | None, directory: Path, port: int | None, hands_off: bool = False
) -> None:
    """Play a scene with all that people see of it: a live view on a terminal, the board, a summary; may exit.

    Raises:
        CommandFailed: it could not be played; the text says why.
    """
    from adapters.store.site import open_site
    from hall_runtime.demo.booth import BoothFailed
    from hall_runtime.demo.directory import DirectoryTaken, own_directory
    from hall_runtime.demo.web import PortTaken, free_port
    from hall_runtime.saying import set_up_saying

    console = Console(highlight=False)
    directory = directory.absolute()
    began = time.monotonic()
    try:
        board = None if port is None else free_port(port)
        with own_directory(directory), told():
            set_up_saying(file=directory / "runtime.log")
            open_site(directory / "state")
            show = _played(console, directory, scene, _Wishes(for_s, board, hands_off))
    except PortTaken as taken:
        raise CommandFailed(str(taken), status=2) from taken
    except (BoothFailed, DirectoryTaken) as failed:
        raise CommandFailed(str(failed)) from failed
    from hall_runtime.demo.summary import summary

    text, in_order = summary(show, long_enough=time.monotonic() - began >= _ENOUGH_S)
    console.print(text)
    if not in_order:
        sys.exit(1)


@dataclass(frozen=True)
class _Wishes:
    """What was asked for on the command line."""

    for_s: float | None
    port: int | None
    hands_off: bool


def _played(console: Console, directory: Path, scene: "Scene", wishes: _Wishes) -> "Show":
    """Play with a live view on a terminal, else with a line for each thing that people would notice."""
    from hall_runtime.demo.play import play

    def say(words: str) -> None:
        console.print(Text(words, style="dim"))

    if not console.is_terminal:
        printed = _Printer(console)
        return asyncio.run(play(directory, scene, **vars(wishes), view=printed, say=say))
    with Live(console=console, auto_refresh=False, transient=True) as live:
        return asyncio.run(play(directory, scene, **vars(wishes), view=_Drawer(live), say=say))


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
