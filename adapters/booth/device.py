# SPDX-License-Identifier: Apache-2.0
"""What both kinds of device share: clock, journal, command admission, lease, heartbeat, self-test."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from adapters.booth.journal import Journal
from adapters.booth.timers import Timers
from statemachines import device_abi
from statemachines.gate import Admission, Gate, admit, claim, record
from statemachines.snapshot import Snapshot
from statemachines.words import Latch, Role

SECOND = 1_000_000_000
MS = 1_000_000
HEARTBEAT_NS = device_abi.HEARTBEAT_MS * MS
LEASE_NS = device_abi.LEASE_MS * MS
"""How long a ping feeds the dead-man lease, in real time."""
SELF_TEST_NS = 200 * MS

OK = "ok"
INTERLOCK = "refused:interlock"
LOCAL = "refused:local"
WRONG_VERB = "refused:verb"


class Device(ABC):
    """A simulated device of one role. No I/O and no clock of its own: `advance` tells it the time, in ns.

    Every other call acts at the instant of the last `advance`.
    """

    role: ClassVar[Role]

    def __init__(self, epoch: int, now_ns: int) -> None:
        self.now_ns = now_ns
        self.journal = Journal(epoch)
        self.gate = Gate()
        self.lease_fed = False
        self.timers = Timers(self._handlers())
        self.timers.set("heartbeat", now_ns + HEARTBEAT_NS)
        self._say("added")

    def advance(self, now_ns: int) -> None:
        """Live until `now_ns`: everything that is due happens at its own instant, in order."""
        while self.timers.next_ns() <= now_ns:
            self.now_ns = max(self.now_ns, self.timers.next_ns())
            self.timers.meet()
        self.now_ns = max(self.now_ns, now_ns)

    def command(self, fence: int, gen: int, seq: int, verb: str, arg: str) -> str:
        """Answer one command line: `ok`, `refused:CODE` or `failed:CODE`."""
        admission = admit(self.gate, fence, gen, seq, verb)
        if admission is Admission.MEMORY:
            return self.gate.result
        if admission is not Admission.ACT:
            return f"refused:{admission}"
        result = self._act(verb, arg)
        self.gate = record(self.gate, seq, result)
        self.journal.acts.append(f"{self.now_ns} {fence} {gen} {seq} {result} {verb} {arg}".rstrip())
        return result

    def claim(self, fence: int, gen: int, controller: str, seq: int) -> str:
        """Answer one claim line; a claim that is let through feeds the lease."""
        self.gate, answer = claim(self.gate, fence, gen, controller, seq, lease_fed=self.lease_fed)
        if answer == OK:
            self.feed(fence, gen)
        return answer

    def feed(self, fence: int, gen: int) -> None:
        """Take one ping of the lease; only the present holder's counts."""
        if self.gate.controller and (fence, gen) == (self.gate.fence, self.gate.gen):
            self.lease_fed = True
            self.timers.set("lease", self.now_ns + LEASE_NS)

    def self_test(self) -> None:
        """Begin the self-test, unless one runs."""
        if not self.timers.waits_for("self_test"):
            self.timers.set("self_test", self.now_ns + SELF_TEST_NS)

    def stuck(self) -> None:
        """The device's own timer was stuck for a second and noticed it."""
        self._say("watchdog")

    def remove(self) -> None:
        """The device goes away."""
        self._say("removed")

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return one consistent reading of everything."""

    @property
    @abstractmethod
    def frame(self) -> int:
        """What the frame counter says; 0 where there is none."""

    @abstractmethod
    def _act(self, verb: str, arg: str) -> str:
        """Carry out an admitted command and return its result."""

    def _causes(self) -> dict[Latch, bool]:
        """Tell for each latch of this kind of device whether its cause is still there."""
        return {}

    def _lease_ended(self) -> None:
        self.lease_fed = False

    def _handlers(self) -> dict[str, Callable[[], None]]:
        return {"heartbeat": self._heartbeat, "lease": self._lease_ended, "self_test": self._self_tested}

    def _say(self, word: str, val: str = "0") -> None:
        self.journal.write(self.now_ns, word, self.frame, val)

    def _heartbeat(self) -> None:
        self.timers.set("heartbeat", self.now_ns + HEARTBEAT_NS)
        self._say("heartbeat")

    def _self_tested(self) -> None:
        self._say("selftest", "0" if any(self._causes().values()) else "1")

    def _clear(self) -> str:
        causes = self._causes()
        if any(causes.get(latch) for latch in self.journal.latches):
            return INTERLOCK
        self.journal.latches.clear()
        return OK
