# SPDX-License-Identifier: Apache-2.0
"""One ear a device: orders what was heard, notices holes, lets the ring repair them, and keeps the books.

Sans-IO: times are passed in, in ns of a monotonic clock. Every number of an epoch is passed at most once, in
rising order, but for safety events: they pass at once, ahead of any hole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapters.kernel.books import Books
from adapters.kernel.ledger import EpochLedger, Gap
from statemachines.events import Event, KernelEvent
from statemachines.words import Role

GIVE_UP_NS = 1_000_000_000
"""How long a hole may wait for its ring."""

SNAPSHOT_GRACE_NS = 250_000_000
"""How long an event that a snapshot already counts may still be under way."""

SILENCE_NS = 6_000_000_000
"""Three heartbeats."""

SILENT_STILL_NS = 500_000_000

PAST_EPOCHS = 16
"""How many epochs that are over are remembered, so that their stragglers are known as such."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """Snapshots say, first at `since_ns` and last at `again_ns`, that the device has sent `seq`."""

    epoch: int
    seq: int
    since_ns: int
    again_ns: int


class DeviceEar:
    """The ear for one (hall, role). `stale` counts events of epochs that are over, dropped."""

    def __init__(self, role: Role, now_ns: int) -> None:
        self.stale = 0
        self._role = role
        self._ledger = EpochLedger(role, 0)
        self._past: dict[int, EpochLedger] = {}
        self._forgotten = Books()
        self._fresh = True
        self._claim: _Claim | None = None
        self._last_heard_ns = now_ns

    @property
    def epoch(self) -> int:
        """The device's present epoch; 0 before anything was heard."""
        return self._ledger.epoch

    @property
    def gap(self) -> Gap | None:
        """The open hole, if there is one: ask the ring from `gap.first` and hand its answer to `repair`."""
        return self._ledger.gap

    @property
    def books(self) -> Books:
        """The books of the present epoch."""
        return self._ledger.books

    @property
    def totals(self) -> Books:
        """The books of all epochs since the start, added up."""
        return sum((past.books for past in self._past.values()), self._forgotten) + self._ledger.books

    def resume(self, epoch: int, hw_seq: int, ahead: Iterable[int], now_ns: int) -> None:
        """Take up where an earlier run stopped: all up to `hw_seq` is settled, `ahead` passed beyond it."""
        self._ledger = EpochLedger(self._role, epoch, settled=hw_seq)
        self._ledger.passed_before(ahead, now_ns)

    def listens(self, now_ns: int) -> None:
        """From now on the device can be heard. One that was never heard is silent from here on, not from the start."""
        if self._fresh:
            self._last_heard_ns = now_ns

    def hear(self, event: KernelEvent, now_ns: int) -> list[Event]:
        """Take a live event; return what is to be stepped now, in this order.

        An event without a number (a class device's own coming or going) passes at once and is in no book.
        """
        if event.epoch in self._past:
            self.stale += 1
            return []
        self._last_heard_ns, self._fresh = now_ns, False
        if event.hw_seq == 0:
            return [event]
        return self._turn(event.epoch) + self._ledger.take(event, now_ns)

    def repair(self, epoch: int, events: Iterable[KernelEvent], now_ns: int) -> list[Event]:
        """Take the answer of a ring: all that it holds from `gap.first` (or any number) on.

        What it has and was not passed yet passes now, also what is still on its way live. What it no longer
        has is lost, told by one EventsLost in its place; but what it never had, because it was read too early,
        stays in the gap. An empty answer changes nothing, nor does one of another epoch, unless nothing was
        heard yet since the start.
        """
        if epoch != self.epoch and not self._fresh:
            return []
        return self._turn(epoch) + self._ledger.take_ring(events, now_ns)

    def check(self, snapshot_epoch: int, snapshot_seq: int, now_ns: int) -> None:
        """Compare with a snapshot: what it counts and has not arrived after 250 ms opens a gap (in `due`).

        It also has the last word on which epoch is the present one. That an epoch which seemed over is not, two
        snapshots must say: one alone may have been read before the device restarted.
        """
        claim = self._claim
        if claim is not None and claim.epoch == snapshot_epoch and not self._is_met(claim):
            self._claim = replace(claim, again_ns=now_ns)
        else:
            self._claim = _Claim(snapshot_epoch, snapshot_seq, now_ns, now_ns)

    def due(self, now_ns: int, patience_ns: int = GIVE_UP_NS) -> list[Event]:
        """Call a few times a second: opens a gap that a snapshot told of, gives up one older than `patience_ns`."""
        passed: list[Event] = []
        claim = self._claim
        if claim is not None and self._is_ripe(claim, now_ns):
            self._claim = None
            if not self._is_met(claim):
                passed += self._turn(claim.epoch)
                self._ledger.told(claim.seq, now_ns)
        gap = self.gap
        if gap is not None and now_ns - gap.since_ns >= patience_ns:
            passed += self._ledger.give_up(now_ns - patience_ns)
        return passed

    def due_ns(self, now_ns: int) -> int:
        """Return when `due` or `silent` may have something new to say, if nothing is heard until then.

        A device that is silent already is looked at again after a while. An open gap is not counted: while there
        is one, ask a few times a second.
        """
        claim = self._claim
        silent_ns = self._last_heard_ns + SILENCE_NS
        due_ns = silent_ns if silent_ns > now_ns else now_ns + SILENT_STILL_NS
        if claim is None or claim.epoch in self._past or self._is_met(claim):
            return due_ns
        return min(due_ns, claim.since_ns + SNAPSHOT_GRACE_NS)

    def has_all(self, epoch: int, seq: int) -> bool:
        """Whether the device's numbers up to `seq` are known to have been sent: all that are missing are in `gap`."""
        return epoch == self.epoch and seq <= self._ledger.top

    def silent(self, now_ns: int) -> bool:
        """Whether nothing was heard for 6 s, though a heartbeat is due every 2 s."""
        return now_ns - self._last_heard_ns >= SILENCE_NS

    def _is_met(self, claim: _Claim) -> bool:
        return claim.epoch == 0 or self.has_all(claim.epoch, claim.seq)

    def _is_ripe(self, claim: _Claim, now_ns: int) -> bool:
        last_ns = claim.again_ns if claim.epoch in self._past else now_ns
        return last_ns - claim.since_ns >= SNAPSHOT_GRACE_NS

    def _turn(self, epoch: int) -> list[Event]:
        """Enter an epoch; what was held of the one before is flushed, its holes are lost."""
        if epoch == self.epoch:
            return []
        ended = self._ledger
        flushed = ended.settle(ended.top)
        if ended.epoch:
            self._past[ended.epoch] = ended
        self._ledger = self._past.pop(epoch) if epoch in self._past else EpochLedger(self._role, epoch)
        if len(self._past) > PAST_EPOCHS:
            self._forgotten += self._past.pop(next(iter(self._past))).books
        self._fresh = False
        return flushed
