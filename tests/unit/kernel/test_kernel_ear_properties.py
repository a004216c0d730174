# SPDX-License-Identifier: Apache-2.0
"""Any device, any channel, any timing: each number passes at most once, safety always, and the books add up."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kernel import DeviceEar
from statemachines import events as e
from statemachines.kernel_words import SAFETY_CLASSES
from statemachines.words import Role

MS = 1_000_000
RING = 6


@dataclass
class Device:
    """A device whose ring forgets soon, and whose safety ring does not."""

    epoch: int = 1
    seq: int = 0
    safety: list[e.KernelEvent] = field(default_factory=list)
    ring: deque[e.KernelEvent] = field(default_factory=lambda: deque(maxlen=RING))

    def say(self, *, safety: bool) -> e.KernelEvent:
        self.seq += 1
        kind = e.FilmBroke if safety else e.FrameCounted
        event = kind(role=Role.PROJECTION, epoch=self.epoch, hw_seq=self.seq)
        self.ring.append(event)
        if safety:
            self.safety.append(event)
        return event

    def read_rings(self) -> tuple[int, list[e.KernelEvent]]:
        return self.epoch, sorted({*self.ring, *self.safety}, key=lambda event: event.hw_seq)

    def restart(self) -> None:
        self.epoch, self.seq = self.epoch + 1, 0
        self.safety.clear()
        self.ring.clear()


class Booth:
    """A device, a channel that loses, doubles and reorders, rings that answer late, and the ear under test."""

    def __init__(self) -> None:
        self.device = Device()
        self.ear = DeviceEar(Role.PROJECTION, now_ns=0)
        self.now_ns = 0
        self.queue: list[e.KernelEvent] = []
        self.answers: list[tuple[int, list[e.KernelEvent]]] = []
        self.passed: list[e.Event] = []

    def act(self, action: str) -> None:
        match action:
            case "say" | "alarm":
                self.queue.append(self.device.say(safety=action == "alarm"))
            case "deliver" | "drop" | "double" if self.queue:
                event = self.queue[0] if action == "double" else self.queue.pop(0)
                if action != "drop":
                    self.take(self.ear.hear(event, self.now_ns))
            case "reorder" if len(self.queue) > 2:
                self.queue.insert(2, self.queue.pop(0))
            case "restart":
                self.device.restart()
            case "read ring":
                self.answers.append(self.device.read_rings())
            case "answer" if self.answers:
                self.take(self.ear.repair(*self.answers.pop(0), self.now_ns))
            case "snapshot":
                self.ear.check(self.device.epoch, self.device.seq, self.now_ns)
            case "wait":
                self.now_ns += 300 * MS
                self.take(self.ear.due(self.now_ns))
            case _:
                pass  # nothing is under way

    def take(self, passed: Sequence[e.Event]) -> None:
        self.passed += passed
        self.check_books()

    def check_books(self) -> None:
        here = [event for event in self.passed if in_epoch(event, self.ear.epoch)]
        events = [event for event in here if isinstance(event, e.KernelEvent)]
        books = self.ear.books
        assert books.live + books.from_ring == len(events)
        told = sum(event.count for event in here if isinstance(event, e.EventsLost))
        assert 0 <= told - books.lost <= len([event for event in events if isinstance(event, SAFETY_CLASSES)])
        if self.ear.gap is None:
            highest = max((highest_of(event) for event in here), default=0)
            assert books.settled == highest

    def calm_down(self) -> None:
        """What the runtime does when it has time: snapshot, rings, giving up what is left."""
        agree = ["snapshot", "wait"] * 3
        for action in [*agree, "read ring", *["answer"] * (len(self.answers) + 1), *["wait"] * 4]:
            self.act(action)


def in_epoch(event: e.Event, epoch: int) -> bool:
    return isinstance(event, e.KernelEvent | e.EventsLost) and event.epoch == epoch


def highest_of(event: e.Event) -> int:
    assert isinstance(event, e.KernelEvent | e.EventsLost)
    return event.through if isinstance(event, e.EventsLost) else event.hw_seq


def epoch_of(event: e.Event) -> int:
    assert isinstance(event, e.KernelEvent | e.EventsLost)
    return event.epoch


LIKELY = ["say", "say", "deliver", "deliver", "drop", "read ring", "answer", "wait"]
ACTIONS = st.lists(
    st.sampled_from([*LIKELY, "alarm", "double", "reorder", "restart", "snapshot"]), min_size=5, max_size=120
)


def run(actions: Sequence[str]) -> Booth:
    booth = Booth()
    for action in actions:
        booth.act(action)
    booth.calm_down()
    return booth


@settings(max_examples=400)
@given(ACTIONS)
def test_each_number_passes_at_most_once_and_in_order(actions: list[str]) -> None:
    booth = run(actions)
    numbers = Counter((x.epoch, x.hw_seq) for x in booth.passed if isinstance(x, e.KernelEvent))
    assert all(times == 1 for times in numbers.values())
    in_line = [event for event in booth.passed if not isinstance(event, SAFETY_CLASSES)]
    for epoch in range(1, booth.device.epoch + 1):
        places = [highest_of(event) for event in in_line if epoch_of(event) == epoch]
        assert places == sorted(set(places))


@settings(max_examples=400)
@given(ACTIONS)
def test_in_the_end_every_number_is_settled_and_no_safety_event_is_missing(actions: list[str]) -> None:
    booth = run(actions)
    assert booth.ear.gap is None
    if booth.device.seq:
        assert booth.ear.epoch == booth.device.epoch
        assert booth.ear.books.settled == booth.device.seq
    assert {*booth.device.safety} <= {*booth.passed}


@given(st.lists(st.sampled_from(["say", "alarm", "deliver", "double", "reorder", "snapshot"]), max_size=80))
def test_a_channel_that_loses_nothing_costs_nothing(actions: list[str]) -> None:
    booth = Booth()
    for action in actions + ["deliver"] * len(actions):
        booth.act(action)
    assert booth.ear.gap is None
    assert booth.ear.books.live == booth.device.seq
    assert booth.ear.books.lost == 0


@given(st.lists(st.booleans(), max_size=60))
def test_a_ring_that_is_read_in_time_repairs_everything(arrives: list[bool]) -> None:
    booth = Booth()
    for arrived in arrives:
        booth.act("say")
        booth.act("deliver" if arrived else "drop")
        if booth.device.seq % RING == 0:
            booth.act("read ring")
            booth.act("answer")
    booth.calm_down()
    assert booth.ear.books.lost == 0
    assert booth.ear.books.settled == booth.device.seq
