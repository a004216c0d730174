# SPDX-License-Identifier: Apache-2.0
"""A demonstration from end to end: hardware, a site beside it, a view, and an honest summary."""

import asyncio
import os
import secrets
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rich.text import Text

from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from hall_runtime.bootstrap import site_runtime
from hall_runtime.cli.common import local_time, local_words
from hall_runtime.cli.view import HallSight
from hall_runtime.config import SiteConfig
from hall_runtime.demo.people import attend
from hall_runtime.demo.tally import HallTally
from hall_runtime.demo.web import BoardProcess
from hall_runtime.describe import describe
from hall_runtime.keeper import HallKeeper
from hall_runtime.runtime import Runtime
from statemachines.history import HALL
from statemachines.record import Record

_LINES = 40
REFRESH_S = 0.25


class Scene(Protocol):
    """The hardware of a demonstration with its people, and the site that it makes."""

    @property
    def way(self) -> str:
        """How its kernel events come, in words; known once it is open."""

    async def open(self, directory: Path, authority_line: str, say: Callable[[str], None]) -> SiteConfig:
        """Bring the hardware up, obeying this authority; return the site's configuration, which is in `directory`."""

    def plan_shows(self, now_ns: int) -> None:
        """Plan the evening; blocks."""

    async def close(self) -> None:
        """End the hardware, however far it came."""


@dataclass
class Show:
    """What a demonstration has come to: its figures, and what a view draws."""

    directory: Path
    config: SiteConfig
    way: str
    runtime: Runtime
    tallies: dict[str, HallTally]
    lines: deque[Text] = field(default_factory=lambda: deque(maxlen=_LINES))
    said: int = 0
    hands_off: bool = False
    board: BoardProcess | None = None

    def sights(self) -> list[HallSight]:
        """Return the halls to draw."""
        now_ns = self.runtime.clock.now_ns()
        names = {hall.id: hall.name for hall in self.config.halls}
        return [
            HallSight(
                now=parts.keeper.now,
                beat_ns=now_ns,
                name=names[hall_id],
                round_trip_us={role: us for role, us in parts.round_trips_us().items() if us is not None},
            )
            for hall_id, parts in self.runtime.halls.items()
        ]


def _line(row: Record) -> Text | None:
    """Return a row as people read it, None for what only programs read."""
    refused = row.verdict == "refusal" and row.kind not in ("snapshot_read", "timer_due")
    notable = refused or row.verdict == "transition" or any(e["do"] == "raise_alarm" for e in row.effects)
    if row.subject != HALL or not notable:
        return None
    before, after = (mark.partition(":")[0] for mark in (row.before, row.after))
    change = f"{before} → {after}" if before != after else before
    style = "red" if after == "fault" else "yellow" if row.verdict == "refusal" else "default"
    alarms = [str(effect["words"]) for effect in row.effects if effect["do"] == "raise_alarm"]
    words = local_words("; ".join(alarms) or row.reason)
    return Text(f"{local_time(row.at_ns)[:8]} {row.stream} {change:<22} {words}", style=style, no_wrap=True)


async def play(
    directory: Path,
    scene: Scene,
    *,
    for_s: float | None,
    view: Callable[[Show], None],
    say: Callable[[str], None],
    port: int | None = None,
    hands_off: bool = False,
) -> Show:
    """Run the demonstration for `for_s` seconds, or until SIGINT or SIGTERM; `view` is called four times a second.

    With a `port` the board is served there. With `hands_off` nobody here acknowledges faults: somebody else does.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    os.environ[PASSPHRASE_VARIABLE] = secrets.token_urlsafe(24)
    say("making the certificate authority")
    authority = await asyncio.to_thread(
        create_authority, directory / "authority" / "ca", os.environ[PASSPHRASE_VARIABLE]
    )
    try:
        config = await scene.open(directory, authority.public_line, say)
        shows: list[Show] = []

        def on_step(keeper: HallKeeper, row: Record) -> None:
            if shows:
                _count(shows[0], keeper, row)

        say(f"starting the runtime; kernel events come as {scene.way}")
        async with site_runtime(config, on_step) as runtime:
            tallies = {hall.id: HallTally() for hall in config.halls}
            show = Show(directory, config, scene.way, runtime, tallies, hands_off=hands_off)
            shows.append(show)
            people = None if hands_off else asyncio.create_task(attend(runtime, config.state))
            try:
                async with _board(show, scene, port, say):
                    await _until(stop, for_s, show, view)
                    say("ending: board, sessions, halls, log, booth")
            finally:
                if people is not None:
                    people.cancel()
                    with suppress(asyncio.CancelledError):
                        await people
        return show
    finally:
        await scene.close()


@asynccontextmanager
async def _board(show: Show, scene: Scene, port: int | None, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve the board meanwhile, if it has a port."""
    if port is None:
        yield
        return
    await asyncio.to_thread(describe, show.config)
    await asyncio.to_thread(scene.plan_shows, time.time_ns())
    show.board = BoardProcess(show.directory, show.config.state, port)
    keeping = asyncio.create_task(show.board.keep(say))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


def _count(show: Show, keeper: HallKeeper, row: Record) -> None:
    show.tallies[keeper.id].count(row)
    line = _line(row)
    if line is not None:
        show.lines.append(line)
        show.said += 1


async def _until(stop: asyncio.Event, for_s: float | None, show: Show, view: Callable[[Show], None]) -> None:
    ends = time.monotonic() + for_s if for_s is not None else float("inf")
    while not stop.is_set() and time.monotonic() < ends:
        view(show)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(REFRESH_S, max(ends - time.monotonic(), 0.0))):
                await stop.wait()
