# SPDX-License-Identifier: Apache-2.0
"""A runtime in this process, with a small ear, beside a booth whose roller rattles; every event number is accounted."""

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from typing_extensions import override

from adapters.kernel.books import Books
from adapters.kernel.netlink import NetlinkSource
from adapters.kernel.parse import Heard
from adapters.ssh.authority import PASSPHRASE_VARIABLE
from hall_runtime.config import SiteConfig, load_config
from hall_runtime.quiet import QuietHeartbeats
from hall_runtime.saying import set_up_saying
from statemachines.events import Event, HeartbeatHeard, Source
from statemachines.hall import Hall
from statemachines.record import Record
from statemachines.snapshot import Snapshot
from statemachines.words import Role
from tests.support.multiplex import PASSPHRASE, Multiplex

if TYPE_CHECKING:  # the models behind them want a site before they can be imported
    from hall_runtime.keeper import HallKeeper
    from hall_runtime.runtime import Runtime

BUFFER = 32 << 10
"""What is asked of the kernel, which counts it twice: some eighty uevents."""
LIMIT_S = 60.0
LOOK_S = 0.01
HALL = "h1"


class SmallEar(NetlinkSource):
    """Counts overflows, and which numbers came live and how often."""

    def __init__(self, config: SiteConfig) -> None:
        super().__init__(config.kernel.subsystem, config.kernel.synth_uuid, BUFFER)
        self.overflows = 0
        self.came: dict[Role, Counter[int]] = defaultdict(Counter)

    @override
    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        def heard(what: Heard) -> None:
            self.came[what.event.role][what.event.hw_seq] += 1
            on_heard(what)

        def overflowed() -> None:
            self.overflows += 1
            on_overflow()

        await super().start(heard, overflowed, on_up, on_lost)


class CountedQuiet(QuietHeartbeats):
    """Counts the heartbeats of an idle hall that were kept back for good."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = 0

    @override
    def holds_back(self, hall: Hall, event: Event, source: Source) -> bool:
        holds = super().holds_back(hall, event, source)
        self.kept += holds
        return holds

    @override
    def release(self, role: Role) -> HeartbeatHeard | None:
        released = super().release(role)
        self.kept -= released is not None
        return released


class Storm:
    """One site."""

    def __init__(
        self,
        site: Multiplex,
        runtime: "Runtime",
        ear: SmallEar,
        quiet: CountedQuiet,
        steps: list[tuple[Record, int]],
    ) -> None:
        self.site, self.ear, self._quiet, self._steps = site, ear, quiet, steps
        self.parts = runtime.halls[HALL]
        # The runtime's time is the monotonic clock, which the booth's devices share, and an anchor.
        self.anchor_ns = runtime.clock.now_ns() - time.monotonic_ns()

    @property
    def rows(self) -> list[Record]:
        """The steps of the hall as they were made."""
        return [row for row, _ns in self._steps]

    def out_ms(self, row: Record) -> float:
        """Return how many ms after its event was delivered a row's commands were on their way."""
        out_ns = next(ns for made, ns in self._steps if made is row)
        return (out_ns - (row.at_ns - self.anchor_ns)) / 1e6

    async def until(self, what: str, true: Callable[[], object], limit_s: float = LIMIT_S) -> None:
        """Look until it is true, without standing in the runtime's way."""
        try:
            async with asyncio.timeout(limit_s):
                while not true():  # noqa: ASYNC110  # nobody tells of most of what is waited for
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(f"not within {limit_s} s: {what}; {self.parts.keeper.hall}") from None

    def books(self) -> Books:
        """Return what became of every number of all devices."""
        return sum((ear.books for ear in self.parts.hearing.ears.values()), Books())

    def accounts(self) -> dict[str, int]:
        """Return what became of every number, as the steps have it, not the ears: each was stepped once at most."""
        numbered = [row for row in self.rows if row.hw_seq and row.source in ("kernel", "ring")]
        stepped = {(row.payload["role"], row.hw_seq) for row in numbered}
        assert len(stepped) == len(numbered), "a number was stepped twice"
        lost = [row for row in self.rows if row.kind == "events_lost"]
        # A safety event passes even after an ear declared its number lost; what the mailbox had no room for is none.
        holes = [row.payload for row in lost if row.source != "runtime"]
        broken = [(row.payload["role"], row.hw_seq) for row in numbered if row.kind == "film_broke"]
        found_again = sum(
            hole["role"] == role and hole["through"] - hole["count"] < seq <= hole["through"]
            for hole in holes
            for role, seq in broken
        )
        return {
            "stepped live": sum(row.source == "kernel" for row in numbered),
            "stepped from the ring": sum(row.source == "ring" for row in numbered),
            "heartbeats kept back": self._quiet.kept,
            "coalesced": self.parts.keeper.mailbox.coalesced,
            "declared lost": sum(row.payload["count"] for row in lost) - found_again,
        }

    async def at_rest(self) -> None:
        """Wait until every number that a device has given has its place in the books."""
        async with asyncio.timeout(LIMIT_S):
            while [role for role in Role if not await self._is_at_rest(role)]:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)

    async def _is_at_rest(self, role: Role) -> bool:
        given, ear = (await self.device(role)).seq, self.parts.hearing.ears[role]
        return ear.books.settled == given and ear.gap is None and not len(self.parts.keeper.mailbox)

    async def do(self, line: str) -> None:
        await asyncio.to_thread(self.site.do, line)

    async def device(self, role: Role = Role.PROJECTION) -> Snapshot:
        return await asyncio.to_thread(self.site.device, HALL, role)


def cinema(directory: Path) -> Multiplex:
    """One hall with film for nine minutes, whose events the kernel sends. Enter it outside of any loop."""
    return Multiplex(directory, feet=20_000, fps=600, uevents=True, sshd=True)


@asynccontextmanager
async def storming(site: Multiplex, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storm]:
    """A hall that is read and idle."""
    from hall_runtime import bootstrap, hearing

    steps: list[tuple[Record, int]] = []

    def stepped(_keeper: "HallKeeper", row: Record) -> None:
        steps.append((row, time.monotonic_ns()))

    config = load_config(site.config)
    ear, quiet = SmallEar(config), CountedQuiet()
    monkeypatch.setattr(hearing, "QuietHeartbeats", lambda: quiet)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setattr(bootstrap, "_source", lambda _config: ear)
    async with bootstrap.site_runtime(config, stepped) as runtime:
        storm = Storm(site, runtime, ear, quiet, steps)
        await storm.until("the hall has read its hardware", lambda: storm.parts.keeper.hall.recovered)
        yield storm


@contextmanager
def said_into(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the runtime says goes where a service's goes: as JSON into a file."""
    with file.open("a", encoding="utf-8") as out, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", out)
        set_up_saying()
        try:
            yield
        finally:
            structlog.reset_defaults()
