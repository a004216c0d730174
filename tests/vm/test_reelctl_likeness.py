# SPDX-License-Identifier: Apache-2.0
"""The simulated projector in Python and the kernel module, led through the same evening, say and answer the same."""

import re
from collections.abc import Callable, Iterator
from typing import Protocol

from adapters.booth.film_path import Reel
from adapters.booth.projector import Projector
from statemachines.snapshot import Snapshot, format_snapshot
from tests.vm.guest import Guest
from tests.vm.seat import RHYTHM, Seat

FPS_MILLI = 24_000
MS = 1_000_000
PATIENCE_MS = 20_000

EVENING = """
    order motor run
    hand thread 35 9
    order dowser open
    order lamp on
    wait lampon
    hand press ready
    hand door open
    hand door closed
    hand local 1
    order motor run
    order curtain open
    order safe_stop
    hand local 0
    order curtain open
    order motor sideways
    order lights down
    order motor run
    order dowser open
    wait atspeed
    order dowser open
    order motor rewind
    order motor stop
    wait stopped
    order motor run
    wait atspeed
    order dowser open
    wait tail
    wait stopped
    order motor run
    order motor rewind
    wait atspeed
    order dowser open
    wait rewound
    wait stopped
    order motor rewind
    hand empty 1
    hand thread 35 2000
    hand press ready
    order motor run
    wait atspeed
    order dowser open
    hand estop 1
    wait stopped
    order clear
    order lamp on
    hand estop 0
    order motor run
    order clear
    order motor run
    wait atspeed
    order dowser open
    hand press start
    hand fault snap
    wait stopped
    order clear
    hand rethread 1
    order clear
    order motor run
    wait atspeed
    order dowser open
    hand fault slackfeed
    wait stopped
    hand mend 1
    order clear
    hand fault spoillamp
    wait lampfail
    order lamp on
    hand mend 1
    order clear
    order lamp on
    wait lampon
    order lamp off
    wait lampoff
    hand press stop
    hand empty 1
    order safe_stop
"""


class Machine(Protocol):
    """A claimed projector."""

    def hand(self, control: str, value: str) -> None: ...
    def order(self, verb: str) -> str: ...
    def wait_for(self, word: str) -> object: ...
    def said(self) -> list[tuple[str, str]]: ...
    def state(self) -> str: ...


class Simulated:
    """The one in Python. Its time passes only while something is waited for."""

    def __init__(self) -> None:
        self._device = Projector(1, 0, fps_milli=FPS_MILLI)
        self._heard: list[tuple[str, str]] = []
        self._waited = self._seq = 0
        assert self._device.claim(1, 1, "seat", 0) == "ok"

    def hand(self, control: str, value: str) -> None:
        device = self._device
        hands: dict[str, Callable[[], None]] = {
            "thread": lambda: device.thread(Reel(*map(int, value.split()))),
            "rethread": device.rethread,
            "empty": device.empty,
            "mend": device.mend,
            "press": lambda: device.press(value),
            "door": lambda: device.move_door(value == "open"),
            "local": lambda: device.turn_local(value == "1"),
            "estop": device.push_estop if value == "1" else device.pull_estop,
            "fault": {"snap": device.snap, "slackfeed": device.slacken_feed}.get(value, device.spoil_lamp),
        }
        hands[control]()

    def order(self, verb: str) -> str:
        name, _, arg = verb.partition(" ")
        self._seq += 1
        self._device.feed(1, 1)
        return self._device.command(1, 1, self._seq, name, arg)

    def wait_for(self, word: str) -> object:
        for _ in range(PATIENCE_MS):
            words = [said for said, _ in self.said()]
            if word in words[self._waited :]:
                self._waited = words.index(word, self._waited) + 1
                return None
            self._device.advance(self._device.now_ns + MS)
        raise TimeoutError(f"the simulated projector did not say {word}, but {self.said()[-8:]}")

    def said(self) -> list[tuple[str, str]]:
        facts = self._device.journal.take_unsent()
        self._heard += [(fact.word, fact.val) for fact in facts if fact.word not in RHYTHM | {"added"}]
        return self._heard

    def state(self) -> str:
        return comparable(self._device.snapshot())


class Real:
    """The kernel module's, in a guest."""

    def __init__(self, guest: Guest) -> None:
        self._guest, self._seat = guest, Seat(guest)
        self.order, self.wait_for = self._seat.order, self._seat.wait_for
        assert self._seat.claim() == "ok"

    def hand(self, control: str, value: str) -> None:
        self._guest.sim("h1", control, value)

    def said(self) -> list[tuple[str, str]]:
        return [(fact.word, fact.val) for fact in self._seat.facts()]

    def state(self) -> str:
        return comparable(self._guest.device("h1"))


def comparable(snapshot: Snapshot) -> str:
    """Return a snapshot without what no two devices have in common."""
    return re.sub(r"\b(epoch|seq|ns|frame)=\d+|(?<=[a-z]):\d+", "", format_snapshot(snapshot))


def evening(machine: Machine) -> Iterator[str]:
    """Lead a machine through the evening; yield what it answers, and its state where all is quiet."""
    for line in filter(None, map(str.strip, EVENING.splitlines())):
        what, _, rest = line.partition(" ")
        if what == "order":
            yield f"{rest}: {machine.order(rest)}"
        elif what == "hand":
            control, _, value = rest.partition(" ")
            machine.hand(control, value)
        else:
            machine.wait_for(rest)
            if rest == "stopped":
                yield machine.state()


def test_the_module_says_and_answers_what_the_simulation_does(guest_factory: Callable[..., Guest]) -> None:
    simulated, real = Simulated(), Real(guest_factory(halls=("h1",), fps_milli=FPS_MILLI))
    answers = [*evening(simulated)]
    assert [*evening(real)] == answers
    assert real.said() == simulated.said()
    assert real.state() == simulated.state()
