# SPDX-License-Identifier: Apache-2.0
"""A roller that rattles as fast as interrupts can come: telemetry is lost and counted, the film's break is not."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from adapters.kernel.books import Books
from adapters.kernel.ear import DeviceEar
from adapters.kernel.parse import MODULE_PREFIX, Heard
from adapters.kernel.ring import ring_event
from adapters.kernel.udevadm import UdevadmReader
from adapters.ssh.link import AgentLink, open_link
from adapters.ssh.watch import WATCH_PRINCIPAL, open_watch, watch_command
from statemachines import events as e
from statemachines.snapshot import Snapshot
from statemachines.words import Latch, Motor, Role, Tension
from tests.vm.guest import Guest

EDGES = 2000
LIMIT_S = 20.0
SECTION = "A storm in one interrupt, with a film break in its middle"
NOTE = (
    "A roller rattles as fast as the guest can take edges. `live`, `from the rings` and `declared lost` add up to "
    "every number that the device gave, those before the storm too."
)
_PAUSE_S = 0.05


class Listener:
    """Hears one projector as a hall does: live through its ear, holes from the rings, and the snapshot in between."""

    def __init__(self, link: AgentLink) -> None:
        self.ear = DeviceEar(Role.PROJECTION, time.monotonic_ns())
        self.passed: list[e.Event] = []
        self.listens = asyncio.Event()
        self._link = link
        self._reader = UdevadmReader(prefix=MODULE_PREFIX, uuid=None)

    def take(self, data: bytes) -> None:
        """Take what udevadm wrote."""
        for told in self._reader.feed(data):
            heard = told.outcome
            if isinstance(heard, Heard) and heard.event.role is Role.PROJECTION:
                self.passed += self.ear.hear(heard.event, time.monotonic_ns())
        if self._reader.listens:
            self.listens.set()

    async def until_told(self, kind: type[e.KernelEvent]) -> None:
        """Listen until an event of this kind has passed."""
        async with asyncio.timeout(LIMIT_S):
            while not any(isinstance(event, kind) for event in self.passed):
                await self._round()

    async def until_settled(self) -> Snapshot:
        """Listen until every number that the device has given is passed or lost; return what it then says of itself."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                snapshot = await self._round()
                if self.ear.gap is None and self.ear.books.settled == snapshot.seq:
                    return snapshot

    async def _round(self) -> Snapshot:
        await asyncio.sleep(_PAUSE_S)
        snapshot = await self._link.snapshot(LIMIT_S)
        self.ear.check(snapshot.epoch, snapshot.seq, time.monotonic_ns())
        await self._repair()
        self.passed += self.ear.due(time.monotonic_ns())
        return snapshot

    async def _repair(self) -> None:
        gap = self.ear.gap
        if gap is None:
            return
        lines = await self._link.ring(gap.epoch, gap.first, LIMIT_S)
        known = [ring_event("h1", Role.PROJECTION, gap.epoch, line) for line in lines]
        events = [each.event for each in known if isinstance(each, Heard)]
        self.passed += self.ear.repair(gap.epoch, events, time.monotonic_ns())


@asynccontextmanager
async def listening(guest: Guest) -> AsyncIterator[tuple[AgentLink, Listener]]:
    """Listen to h1's projector over a watch link, beside an agent that holds the device."""
    credential = guest.mint("h1", "watch", watch_command(), principal=WATCH_PRINCIPAL)
    link = await open_link(guest.address, guest.credential("h1", "projection"), limit_s=LIMIT_S)
    try:
        await link.hello("h1", "projection", 1, 1, "storm", 0, LIMIT_S)
        listener = Listener(link)
        watch = await open_watch(guest.address, credential, listener.take, limit_s=LIMIT_S)
        try:
            async with asyncio.timeout(LIMIT_S):
                await listener.listens.wait()
            yield link, listener
        finally:
            await watch.close(LIMIT_S)
    finally:
        await link.close(LIMIT_S)


async def project(guest: Guest, link: AgentLink, listener: Listener) -> None:
    """Light falls on film that runs at speed."""
    await asyncio.to_thread(guest.sim, "h1", "thread", "35 2000")
    await listener.until_told(e.TensionChanged)
    await link.ping(LIMIT_S)
    assert await link.command(1, 1, 1, "motor", "run") == "ok"
    await listener.until_told(e.MotorAtSpeed)
    assert await link.command(1, 1, 2, "dowser", "open") == "ok"


def storm_figures(passed: list[e.Event], after: int, books: Books) -> dict[str, object]:
    """Return how fast the events came, by the device's own stamps, and what became of them."""
    storm = [each for each in passed if isinstance(each, e.TensionChanged) and each.hw_seq > after]
    first, last = storm[0], storm[-1]
    ms = (last.hw_ns - first.hw_ns) / 1e6
    events = last.hw_seq - first.hw_seq + 1
    came = {"events": events, "within ms": round(ms), "a second": round(events / ms * 1000)}
    return {**came, "live": books.live, "from the rings": books.from_ring, "declared lost": books.lost}


async def test_a_storm_costs_telemetry_and_never_the_break(
    guest_factory: Callable[..., Guest], measured: Callable[..., None]
) -> None:
    guest = guest_factory(halls=("h1",), fps_milli=48_000)
    async with listening(guest) as (link, listener):
        await project(guest, link, listener)
        calm = await listener.until_settled()
        assert calm.dowser_open
        assert listener.ear.books.lost == 0

        await asyncio.to_thread(guest.sim, "h1", "rattle", f"{EDGES} snap")
        snapshot = await listener.until_settled()

    passed, books = listener.passed, listener.ear.books
    assert books.live + books.from_ring + books.lost == snapshot.seq >= calm.seq + EDGES
    assert books.lost == sum(each.count for each in passed if isinstance(each, e.EventsLost)) > 0

    broke = [each.hw_seq for each in passed if isinstance(each, e.FilmBroke)]
    assert broke == [latch.seq for latch in snapshot.latched if latch.name is Latch.BREAK]
    assert len(broke) == 1
    [(confirmed_ns, safe_ns)] = [times for seq, *times in guest.reactions("h1") if seq == broke[0]]
    truth = guest.truth("h1")
    assert (truth["dowser"], truth["unmute"], truth["violations"]) == ("closed", "0", "0")

    told = {type(each): each for each in passed}
    assert told[e.TensionChanged] == msgspec.structs.replace(told[e.TensionChanged], tension=snapshot.tension)
    assert told[e.DowserMoved] == msgspec.structs.replace(told[e.DowserMoved], open=snapshot.dowser_open)
    assert (snapshot.motor, snapshot.dowser_open, snapshot.tension) == (Motor.STOP, False, Tension.SLACK)
    figures = storm_figures(passed, calm.seq, books)
    measured(SECTION, {**figures, "break to safe lines µs": (safe_ns - confirmed_ns) // 1000}, NOTE)
