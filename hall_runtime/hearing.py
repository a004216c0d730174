# SPDX-License-Identifier: Apache-2.0
"""How a hall hears its devices: live events through their ears, holes repaired from rings, snapshots in between."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping

import structlog

from adapters.kernel.ear import GIVE_UP_NS, DeviceEar
from adapters.kernel.parse import Heard
from adapters.kernel.ring import ring_event
from adapters.ssh.errors import LinkError
from hall_runtime.keeper import HallKeeper
from hall_runtime.ports import Owner
from hall_runtime.quiet import QuietHeartbeats
from statemachines.events import (
    Event,
    EventsLost,
    KernelEvent,
    RuntimeRecovered,
    SnapshotRead,
    Source,
    WarmUpAsked,
    WatchLost,
    WatchUp,
)
from statemachines.record import Record
from statemachines.snapshot import Snapshot
from statemachines.words import Role, State

_say = structlog.get_logger("hearing")

LIMIT_S = 2.0
HURRY_NS = 50_000_000
"""Between two rounds while there is a hole."""
AGAIN_NS = 500_000_000
"""Before a snapshot that could not be read, or is not stepped yet, is asked for again."""
SOON_NS = 1_000_000_000
SELDOM_NS = 10_000_000_000
WARM_NS = 10_000_000_000
UNREACHED_NS = 5_000_000_000
"""How long a hole waits while its device has no session: nothing could be commanded, and the ring may yet tell."""
FIRST_LINK_NS = 15_000_000_000
"""How long a watch link may take to come up, after a start, before its device counts as silent."""
PATIENCE_NS = 10_000_000_000
"""How long the recovery of a hall waits for its sound server once the projector has been read (assumed)."""

_WORTH_A_LOOK = ("session_up", "operator_requested", "runtime_recovered")
"""After these the hardware is read: what follows is decided by how it stands."""

_NO_NEWS = ("heartbeat_heard", "frame_counted", "timecode_read", "snapshot_read")
"""After these nothing is due that was not due before."""


class Hearing:
    """One hall's ears. `run` is its task: it reads what must be read and notices what fell silent.

    The devices of the roles in `linked` are heard over watch links. `monotonic` gives ns.
    """

    def __init__(
        self,
        keeper: HallKeeper,
        owners: Mapping[Role, Owner],
        linked: Collection[Role] = (),
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._keeper, self._owners, self._monotonic = keeper, owners, monotonic
        now = monotonic()
        self.ears = {role: DeviceEar(role, now + FIRST_LINK_NS if role in linked else now) for role in owners}
        self._attention = asyncio.Event()
        self._read_ns: dict[Role, int] = dict.fromkeys(self.ears, 0)
        self._asked_gap: dict[Role, int] = dict.fromkeys(self.ears, 0)
        self._deaf: dict[Role, str] = dict.fromkeys(self.ears, "")
        self._missed: set[Role] = set()
        self._refused: dict[Role, EventsLost] = {}
        self._recovered: dict[Role, Snapshot] = {}
        self._first_read_ns = 0
        self._judged: dict[Role, bool | None] = dict.fromkeys(self.ears)
        self._quiet = QuietHeartbeats()

    def resume(self) -> None:
        """Take up where the log stopped."""
        now = self._monotonic()
        for role, ear in self.ears.items():
            device = self._keeper.hall.device(role)
            ear.resume(device.epoch, device.hw_seq, device.ahead, now)

    def heard(self, event: KernelEvent) -> None:
        """Take a live event."""
        ear = self.ears.get(event.role)
        if ear is None:
            return
        self._pass(ear.hear(event, self._monotonic()), Source.KERNEL)
        if ear.gap is not None:
            self._attention.set()

    def look(self) -> None:
        """Something happened that wants the hardware to be read at once."""
        self._read_ns = dict.fromkeys(self.ears, 0)
        self._attention.set()

    def stepped(self, row: Record) -> None:
        """The hall has stepped this: read at once where that decides what follows, else see what is due now."""
        if row.kind in _WORTH_A_LOOK:
            self.look()
        elif row.kind not in _NO_NEWS:
            self._attention.set()

    def deaf(self, role: Role, reason: str) -> None:
        """The source of a device's events is lost, or back when `reason` is empty."""
        self._deaf[role] = reason
        if reason:
            self._missed.add(role)
        else:
            self.ears[role].listens(self._monotonic())
        self._read_ns[role] = 0
        self._attention.set()

    def _pass(self, events: Iterable[Event], source: Source) -> None:
        for event in events:
            if self._quiet.holds_back(self._keeper.hall, event, source):
                continue
            if isinstance(event, EventsLost):
                _say.warning("events_lost", hall=self._keeper.id, role=event.role, count=event.count)
            if not self._keeper.post(event, source) and isinstance(event, KernelEvent):
                self._drop(event)

    def _drop(self, event: KernelEvent) -> None:
        """The mailbox is full of a storm: what found no room is declared lost once there is room again."""
        count = self._refused[event.role].count if event.role in self._refused else 0
        self._refused[event.role] = EventsLost(
            role=event.role, epoch=event.epoch, count=count + 1, through=event.hw_seq
        )
        self._attention.set()

    async def run(self) -> None:
        """Until cancelled: repair, read, notice. Nothing is polled: it wakes when told to, or when something is due."""
        loop = asyncio.get_running_loop()
        while True:
            self._attention.clear()
            await self._round()
            alarm_clock = loop.call_later(self._rest_ns() / 1e9, self._attention.set)  # a third of a timeout's cost
            try:
                await self._attention.wait()
            finally:
                alarm_clock.cancel()

    def _rest_ns(self) -> int:
        """Return how long nothing is due, if nothing happens until then."""
        if self._refused:
            return HURRY_NS
        now_ns = self._monotonic()
        due_ns = min(self._due_ns(role, ear, now_ns) for role, ear in self.ears.items())
        return max(due_ns - now_ns, HURRY_NS)

    def _due_ns(self, role: Role, ear: DeviceEar, now_ns: int) -> int:
        due_ns, gap = ear.due_ns(now_ns), ear.gap
        if self._keeper.hall.device(role).link.up:
            read_ns = self._read_ns[role] + max(self._patience(role), AGAIN_NS)
            return now_ns if gap is not None else min(due_ns, read_ns)
        return due_ns if gap is None else min(due_ns, gap.since_ns + UNREACHED_NS)

    async def _round(self) -> None:
        for role, ear in self.ears.items():
            up = self._keeper.hall.device(role).link.up
            if ear.gap is not None:
                await self._repair(role, ear, up=up)
            self._pass(ear.due(self._monotonic(), GIVE_UP_NS if up else UNREACHED_NS), Source.KERNEL)
            if up and self._monotonic() - self._read_ns[role] >= self._patience(role):
                await self._read(role, ear)
            self._judge_hearing(role, ear)
        for role in tuple(self._refused):
            if len(self._keeper.mailbox) == 0:
                self._keeper.post(self._refused.pop(role), Source.RUNTIME)
                self.look()

    def _patience(self, role: Role) -> int:
        hall = self._keeper.hall
        device = hall.device(role)
        if device.unread:
            return 0
        soon = hall.state is State.FAULT or not device.heard or not hall.recovered
        return SOON_NS if soon else SELDOM_NS

    async def _repair(self, role: Role, ear: DeviceEar, *, up: bool) -> None:
        """Read the ring; with no session, ask for one: it is there before the hole is given up."""
        gap = ear.gap
        if gap is None:
            return
        if not up:
            if self._asked_gap[role] != gap.since_ns:
                self._asked_gap[role] = gap.since_ns
                self._keeper.post(WarmUpAsked(until_ns=self._keeper.time_ns + WARM_NS), Source.RUNTIME)
            return
        await self._read_ring(role, ear, gap.epoch, gap.first)

    async def _read_ring(self, role: Role, ear: DeviceEar, epoch: int, first: int) -> None:
        try:
            lines = await self._owners[role].read_ring(epoch, first, LIMIT_S)
        except LinkError as wrong:
            _say.info("ring_unread", hall=self._keeper.id, role=role, why=str(wrong))
            return
        events = [ring_event(self._keeper.id, role, epoch, line) for line in lines]
        known = [each.event for each in events if isinstance(each, Heard)]
        self._pass(ear.repair(epoch, known, self._monotonic()), Source.RING)

    async def _read(self, role: Role, ear: DeviceEar) -> None:
        self._read_ns[role] = self._monotonic()
        try:
            snapshot = await self._owners[role].read_snapshot(LIMIT_S)
        except LinkError as wrong:
            _say.info("snapshot_unread", hall=self._keeper.id, role=role, why=str(wrong))
            return
        ear.check(snapshot.epoch, snapshot.seq, self._monotonic())
        if role in self._missed:
            await self._catch_up(role, ear, snapshot)
        self._release(role)
        if self._keeper.hall.recovered:
            self._keeper.post(SnapshotRead(role=role, snapshot=snapshot), Source.SESSION)
        else:
            await self._recover(role, ear, snapshot)

    async def _catch_up(self, role: Role, ear: DeviceEar, snapshot: Snapshot) -> None:
        """What was said while nothing was heard is not on its way any more: it is stepped ahead of the snapshot."""
        if snapshot.epoch == ear.epoch and not ear.has_all(snapshot.epoch, snapshot.seq):
            await self._read_ring(role, ear, ear.epoch, ear.books.settled + 1)
        if not self._deaf[role]:
            self._missed.discard(role)

    async def _recover(self, role: Role, ear: DeviceEar, snapshot: Snapshot) -> None:
        """After a start: the ring since the log's last event, then all devices' snapshots as one event."""
        same = snapshot.epoch == ear.epoch
        await self._read_ring(role, ear, snapshot.epoch, ear.books.settled + 1 if same else 1)
        self._recovered[role] = snapshot
        self._first_read_ns = self._first_read_ns or self._monotonic()
        waited = self._monotonic() - self._first_read_ns > PATIENCE_NS
        if Role.PROJECTION in self._recovered and (waited or self._recovered.keys() == self.ears.keys()):
            recovered = RuntimeRecovered(
                projection=self._recovered.get(Role.PROJECTION), sound=self._recovered.get(Role.SOUND)
            )
            self._keeper.post(recovered, Source.RUNTIME)
            self._recovered.clear()

    def _release(self, role: Role) -> None:
        """A snapshot is judged against all that was heard before it."""
        heartbeat = self._quiet.release(role)
        if heartbeat is not None:
            self._keeper.post(heartbeat, Source.KERNEL)

    def _judge_hearing(self, role: Role, ear: DeviceEar) -> None:
        """Tell the hall once that it cannot hear a device, or can again; it knows when it has stepped that."""
        silent = "three heartbeats are missing" if ear.silent(self._monotonic()) else ""
        reason = self._deaf[role] or silent
        audible = not reason
        if audible == self._keeper.hall.device(role).heard:
            self._judged[role] = None
        elif audible != self._judged[role] and (reason or ear.gap is None):
            self._judged[role] = audible
            event = WatchUp(role=role) if audible else WatchLost(role=role, reason=reason)
            self._keeper.post(event, Source.RUNTIME)
