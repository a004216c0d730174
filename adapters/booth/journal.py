# SPDX-License-Identifier: Apache-2.0
"""What a device has said and done: numbered events in two rings, latches that nothing loses, commands acted on."""

from collections import deque
from dataclasses import dataclass

from statemachines.device_abi import RING_LINES, SAFETY_RING_LINES
from statemachines.kernel_words import SAFETY_WORDS
from statemachines.snapshot import Latched
from statemachines.words import Latch, Role

ACT_LINES = 256


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a device: its number, its instant (ns of the device's clock), its word, frame and VAL."""

    seq: int
    ns: int
    word: str
    frame: int = 0
    val: str = "0"

    @property
    def ring_line(self) -> str:
        return f"{self.seq} {self.ns} {self.word} {self.frame} {self.val}\n"

    def keys(self, hall: str, role: Role, epoch: int) -> str:
        """Return the event as the kernel's keys, one space between."""
        return (
            f"HALL={hall} ROLE={role} EVENT={self.word} SEQ={self.seq} EPOCH={epoch} "
            f"FRAME={self.frame} NS={self.ns} VAL={self.val}"
        )


class Journal:
    """The books of one device and epoch. `unsent` are the facts that nobody has taken for sending yet.

    `acts` are the newest commands that were let through, as `NS FENCE GEN SEQ RESULT VERB [ARG]`: what a device
    really did, for whoever compares it with what a controller believes.
    """

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.seq = 0
        self.ring: deque[str] = deque(maxlen=RING_LINES)
        self.safety_ring: deque[str] = deque(maxlen=SAFETY_RING_LINES)
        self.acts: deque[str] = deque(maxlen=ACT_LINES)
        self.latches: dict[Latch, int] = {}
        self.unsent: list[Fact] = []

    def write(self, ns: int, word: str, frame: int, val: str) -> None:
        """Number an event and keep it; a safety word sets its latch with the number of its first occurrence."""
        self.seq += 1
        fact = Fact(self.seq, ns, word, frame, val)
        self.ring.append(fact.ring_line)
        if word in SAFETY_WORDS:
            self.safety_ring.append(fact.ring_line)
            self.latches.setdefault(SAFETY_WORDS[word], self.seq)
        self.unsent.append(fact)

    def take_unsent(self) -> list[Fact]:
        """Return the facts since the last call, oldest first."""
        taken, self.unsent = self.unsent, []
        return taken

    def latched(self) -> tuple[Latched, ...]:
        """Return the sticky bits in the order of their first occurrence."""
        return tuple(Latched(name=name, seq=seq) for name, seq in self.latches.items())
