# SPDX-License-Identifier: Apache-2.0
"""The event numbers of one device in one epoch: what passed, what waits beyond a hole, what is lost."""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.kernel.books import Books, PassedSafety
from statemachines.events import Event, EventsLost, KernelEvent
from statemachines.kernel_words import SAFETY_CLASSES
from statemachines.words import Role

HELD_LIMIT = 4096
"""Events that wait beyond a hole; one more and the hole is given up."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing numbers: `first` is the lowest, `through` the highest; the oldest was noticed at `since_ns`."""

    epoch: int
    first: int
    through: int
    since_ns: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A number beyond a hole. `event` is None where it passed already, ahead of the hole."""

    event: KernelEvent | None
    noticed_ns: int
    from_ring: bool = False


class EpochLedger:
    """Settles each number of one epoch once. `top` is the highest number that is known to exist."""

    def __init__(self, role: Role, epoch: int, *, settled: int = 0) -> None:
        self.role = role
        self.epoch = epoch
        self.books = Books(before=settled)
        self.top = settled
        self._next = settled + 1
        self._last_missing = settled
        self._top_live = 0
        self._told_seq = 0
        self._told_ns = 0
        self._beyond: dict[int, _Waiting] = {}
        self._safety = PassedSafety(settled)

    @property
    def gap(self) -> Gap | None:
        """The open hole, if there is one; `since_ns` is that of its oldest part."""
        if self._last_missing < self._next:
            return None
        oldest = next(iter(self._beyond.values()), None)
        noticed = [oldest.noticed_ns] if oldest is not None else []
        told = [self._told_ns] if self._told_seq >= self._next else []
        return Gap(self.epoch, self._next, self._last_missing, min(noticed + told))

    def passed_before(self, ahead: Iterable[int], now_ns: int) -> None:
        """Book numbers that an earlier run passed ahead of a hole."""
        for seq in sorted(set(ahead)):
            if seq >= self._next:
                self.books.before += 1
                self._safety.add(seq)
                self._wait(seq, _Waiting(None, now_ns))
        self._drain()

    def told(self, seq: int, now_ns: int) -> None:
        """The device itself says that it has sent `seq`, and it should have arrived by now."""
        if seq > self.top:
            self.top = self._last_missing = self._told_seq = seq
            self._told_ns = now_ns

    def take(self, event: KernelEvent, now_ns: int, *, from_ring: bool = False) -> list[Event]:
        """Take one event; return what passes now."""
        seq = event.hw_seq
        if not from_ring:
            self._top_live = max(self._top_live, seq)
        if seq < self._next:
            return self._late(event, from_ring=from_ring)
        if seq in self._beyond:
            self.books.duplicates += not from_ring
            return []
        if seq == self._next:
            self._next, self.top = seq + 1, max(self.top, seq)
            return [self._pass(event, from_ring=from_ring), *self._drain()]
        if isinstance(event, SAFETY_CLASSES):
            self._wait(seq, _Waiting(None, now_ns))
            return [self._pass(event, from_ring=from_ring)]
        self._wait(seq, _Waiting(event, now_ns, from_ring))
        return self.settle(self.top) if len(self._beyond) > HELD_LIMIT else []

    def take_ring(self, events: Iterable[KernelEvent], now_ns: int) -> list[Event]:
        """Take all that the rings hold from some number on; what they skip of the proven numbers is lost.

        Proven is what lies below an event heard live or told of: a ring may be ahead of messages that are
        still queued. Where nothing was heard live yet, the ring is the proof.
        """
        proven = max(self._top_live, self._told_seq)
        passed: list[Event] = []
        for event in sorted(events, key=lambda event: event.hw_seq):
            passed += self.settle(min(event.hw_seq - 1, proven or event.hw_seq))
            passed += self.take(event, now_ns, from_ring=True)
        return passed

    def settle(self, through: int) -> list[Event]:
        """Pass what waits up to `through`; what is missing up to there is lost, told in its place."""
        passed: list[Event] = []
        for seq in sorted(seq for seq in self._beyond if seq <= through):
            passed += self._lose(seq - 1)
            passed += self._take_out(seq)
        return passed + self._lose(through) + self._drain()

    def give_up(self, noticed_by_ns: int) -> list[Event]:
        """Settle the holes that were noticed at that time or before."""
        noticed = [seq for seq, waiting in self._beyond.items() if waiting.noticed_ns <= noticed_by_ns]
        if self._told_ns <= noticed_by_ns:
            noticed.append(self._told_seq)
        return self.settle(max(noticed, default=0))

    def _late(self, event: KernelEvent, *, from_ring: bool) -> list[Event]:
        """A number below the frontier passed or is lost; a safety event that is lost passes after all."""
        if isinstance(event, SAFETY_CLASSES) and event.hw_seq not in self._safety:
            self.books.lost -= 1
            return [self._pass(event, from_ring=from_ring)]
        self.books.duplicates += not from_ring
        return []

    def _pass(self, event: KernelEvent, *, from_ring: bool) -> KernelEvent:
        self.books.count(from_ring=from_ring)
        if isinstance(event, SAFETY_CLASSES):
            self._safety.add(event.hw_seq)
        return event

    def _wait(self, seq: int, waiting: _Waiting) -> None:
        self._beyond[seq] = waiting
        if seq > self.top + 1:
            self._last_missing = seq - 1
        self.top = max(self.top, seq)
        while self._last_missing in self._beyond:
            self._last_missing -= 1

    def _take_out(self, seq: int) -> list[Event]:
        waiting = self._beyond.pop(seq)
        self._next = seq + 1
        if waiting.event is None:
            return []
        return [self._pass(waiting.event, from_ring=waiting.from_ring)]

    def _drain(self) -> list[Event]:
        passed: list[Event] = []
        while self._next in self._beyond:
            passed += self._take_out(self._next)
        return passed

    def _lose(self, through: int) -> list[Event]:
        count = through - self._next + 1
        if count <= 0:
            return []
        self.books.lost += count
        self._next = through + 1
        return [EventsLost(role=self.role, epoch=self.epoch, count=count, through=through)]
