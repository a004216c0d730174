# SPDX-License-Identifier: Apache-2.0
"""A controller at one device in a guest, with no agent between: claims, commands, and what the device said."""

import shlex
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.vm.guest import DEVICES, Guest
from tests.vm.programs import static_program

RHYTHM = frozenset({"frame", "heartbeat", "timecode"})
"""What a device says at its own rhythm."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a ring. `ns`: the guest's monotonic clock."""

    seq: int
    ns: int
    word: str
    frame: int
    val: str


def facts_of(text: str) -> list[Fact]:
    """Read the lines of a ring."""
    lines = (line.split() for line in text.splitlines())
    return [Fact(int(seq), int(ns), word, int(frame), val) for seq, ns, word, frame, val in lines]


class Seat:
    """Holds a device as `controller`; command numbers are counted here."""

    def __init__(self, guest: Guest, hall: str = "h1", role: str = "projection") -> None:
        self.guest, self.hall, self.role = guest, hall, role
        self.directory = f"{DEVICES}/{hall}-{role}"
        self.fence = self.gen = 1
        self.last = 0
        self._seen = 0

    def answer_to(self, attribute: str, line: str) -> str:
        """Write a line into `command` or `claim` and return what `result` says of it."""
        said = self.guest.sh(f"echo {shlex.quote(line)} >{self.directory}/{attribute} && cat {self.directory}/result")
        *_, answer = said.split()
        return answer

    def claim(self, controller: str = "seat") -> str:
        """Claim the device as (fence, gen)."""
        return self.answer_to("claim", f"{self.fence} {self.gen} {controller} {self.last}")

    def order(self, verb: str, seq: int | None = None) -> str:
        """Send a command, the next one unless a number is given; return its answer. Feeds the lease."""
        seq = self.last + 1 if seq is None else seq
        self.last = max(self.last, seq)
        self.guest.sh(f"echo {self.fence} {self.gen} >{self.directory}/lease")
        return self.answer_to("command", f"{self.fence} {self.gen} {seq} {verb}")

    def timed_order(self, verb: str) -> tuple[int, str, int]:
        """Send a command; return its answer between the instants (ns of the guest's clock) that it lies between."""
        return self._uptime_ns(), self.order(verb), self._uptime_ns()

    def _uptime_ns(self) -> int:
        return int(float(self.guest.sh("cat /proc/uptime").split()[0]) * 1e9)

    def facts(self) -> list[Fact]:
        """Return what the ring holds, but for what is said at its own rhythm."""
        ring = self.guest.sh(f"cat {self.directory}/ring")
        return [fact for fact in facts_of(ring) if fact.word not in RHYTHM]

    def wait_for(self, word: str, limit_s: float = 10.0) -> Fact:
        """Wait until the device says a word, later than all that was waited for before, and return the fact."""
        ends = time.monotonic() + limit_s
        while time.monotonic() < ends:
            for fact in self.facts():
                if fact.seq > self._seen and fact.word == word:
                    self._seen = fact.seq
                    return fact
            time.sleep(_LOOK_S)
        raise TimeoutError(f"{self.hall} {self.role} did not say {word}, but {self.facts()[-8:]}")

    def after(self, fact: Fact) -> list[tuple[str, str]]:
        """Return words and values of what was said after a fact."""
        return [(later.word, later.val) for later in self.facts() if later.seq > fact.seq]

    def poke(self, attribute: str, writes: Iterable[bytes], *, user: str = "") -> list[str]:
        """Write each as one write(2) of its own; return the bytes taken, or the error's name. As `user`: UID GID."""
        lines = " ".join(shlex.quote(data.hex()) if len(data) < 1000 else f"'*{len(data)}'" for data in writes)
        return self.guest.sh(f"printf '%s\\n' {lines} | /root/poke {self.directory}/{attribute} {user}").split()

    def bring_poke(self) -> None:
        """Bring the program that `poke` needs into the guest."""
        self.guest.put(static_program("poke"), "/root/poke")


def stand_by(guest: Guest, *, feet: int = 100, hall: str = "h1") -> Seat:
    """Return a seat at a claimed projector with film threaded and READY pressed."""
    seat = Seat(guest, hall)
    guest.sim(hall, "thread", f"35 {feet}")
    guest.sim(hall, "press", "ready")
    assert seat.claim() == "ok"
    seat.wait_for("ready")
    return seat


def project(guest: Guest, *, feet: int = 100, hall: str = "h1") -> Seat:
    """Return a seat at a projector whose film runs at speed, with light on it."""
    seat = stand_by(guest, feet=feet, hall=hall)
    assert seat.order("motor run") == "ok"
    seat.wait_for("atspeed")
    assert seat.order("dowser open") == "ok"
    return seat
