# SPDX-License-Identifier: Apache-2.0
"""The demonstration from end to end: a booth, a site beside it, a view, and an honest summary."""

import asyncio
import os
import secrets
import signal
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from rich.text import Text

from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from hall_runtime.bootstrap import site_runtime
from hall_runtime.cli.common import local_time, local_words
from hall_runtime.cli.view import HallSight
from hall_runtime.config import SiteConfig
from hall_runtime.demo.booth import BoothProcess
from hall_runtime.demo.multiplex import SCREENS, booth_plan, site_config
from hall_runtime.demo.people import attend
from hall_runtime.demo.tally import HallTally
from hall_runtime.keeper import HallKeeper
from hall_runtime.runtime import Runtime
from statemachines.history import HALL
from statemachines.record import Record

_LINES = 40
REFRESH_S = 0.25


@dataclass
class Show:
    """What a demonstration has come to: its figures, and what a view draws."""

    directory: Path
    config: SiteConfig
    way: str
    runtime: Runtime
    tallies: dict[str, HallTally] = field(default_factory=lambda: {s.id: HallTally() for s in SCREENS})
    lines: deque[Text] = field(default_factory=lambda: deque(maxlen=_LINES))
    said: int = 0

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
    directory: Path, *, events: str, for_s: float | None, view: Callable[[Show], None], say: Callable[[str], None]
) -> Show:
    """Run the demonstration for `for_s` seconds, or until SIGINT or SIGTERM; `view` is called four times a second."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    os.environ[PASSPHRASE_VARIABLE] = secrets.token_urlsafe(24)
    say("making the certificate authority")
    authority = await asyncio.to_thread(
        create_authority, directory / "authority" / "ca", os.environ[PASSPHRASE_VARIABLE]
    )
    agent = Path(str(resources.files("adapters.ssh") / "agent" / "reel-agent"))
    booth = BoothProcess(booth_plan(directory, authority.public_line, agent, events), directory)
    say("starting the booth: four projectors, eight SSH servers, and their people")
    ready = await booth.start()
    try:
        config = site_config(directory, ready)
        shows: list[Show] = []

        def on_step(keeper: HallKeeper, row: Record) -> None:
            if shows:
                _count(shows[0], keeper, row)

        say(f"starting the runtime; kernel events come as {_way(ready.way)}")
        async with site_runtime(config, on_step) as runtime:
            show = Show(directory, config, ready.way, runtime)
            shows.append(show)
            people = asyncio.create_task(attend(runtime, config.state))
            try:
                await _until(stop, for_s, show, view)
            finally:
                people.cancel()
                with suppress(asyncio.CancelledError):
                    await people
            say("ending: sessions, halls, log, booth")
        return show
    finally:
        await booth.end()


def _way(way: str) -> str:
    return "real uevents through netlink" if way == "uevents" else "lines over a Unix socket"


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
