# SPDX-License-Identifier: Apache-2.0
"""A cinema whose people never rest and whose runtime is killed again and again; its books are kept over all of it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override

from statemachines.record import Record
from statemachines.words import Lamp, Motor, Role, State
from tests.faults.checker import chain_wrongs, command_wrongs, event_wrongs, hardware_wrongs
from tests.faults.evidence import Act, Fact, acts, gathered
from tests.support.multiplex import LIMIT_S, Multiplex

ADOPTED_S = 5.0
LOOK_S = 0.01
HANDS_S = 0.2
PATIENCE_S = 1.5

UNDONE = {
    "dowser open": ("dowser", "0"),
    "motor run": ("stopped", "0"),
    "motor rewind": ("stopped", "0"),
    "lamp on": ("lampoff", "0"),
    "sound play": None,
    "lights up": ("start", "0"),
    "lights down": None,
}
"""What a device says when the work of a command is undone by itself; None: only another command undoes it.

Commands that protect (dowser close, motor stop, sound mute) may come at any time. The end of a show gives `lights up`,
also of one that began so near its reel's end that the film never ran at speed, and the lights were up all the while.
"""


@dataclass(frozen=True)
class Said:
    """A line of a device's ring: `ns` is of the device's clock."""

    seq: int
    ns: int
    word: str
    val: str


@dataclass(frozen=True)
class Adoption:
    """How long (s) after the process's start all halls agreed with their hardware.

    `queued_s` of it the process was ready to run and the machine's cores were busy with others.
    """

    after_s: float
    queued_s: float


class Restless(Multiplex):
    """People in two halls show a reel of two seconds again and again, whoever controls the projectors."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, halls=("h1", "h2"), feet=300, fps=2400)
        self._acts: dict[tuple[str, Role], dict[int, Act]] = {}
        self._said: dict[tuple[str, Role], dict[int, Said]] = {}
        self._over = threading.Event()
        self._people = threading.Thread(target=self._work, name="people")

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        self._people.start()
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._people.join(LIMIT_S)
        super().__exit__(kind, error, trace)

    def _work(self) -> None:
        """Where film stands, somebody presses what may help, and takes it out when nothing does."""
        stands = dict.fromkeys(self.halls, 0.0)
        while not self._over.wait(HANDS_S):
            for hall in self.halls:
                projector = self.device(hall)
                if projector.motor is not Motor.STOP:
                    stands[hall] = time.monotonic()
                elif not projector.film:
                    self.hand(f"{hall} insert")
                elif time.monotonic() - stands[hall] > HANDS_S:
                    can_start = projector.ready and projector.lamp is Lamp.LIT
                    done = self.hand(f"{hall} start" if can_start else f"{hall} ready")
                    if done != "ok" or time.monotonic() - stands[hall] > PATIENCE_S:
                        self.hand(f"{hall} remove")
                        stands[hall] = time.monotonic()

    def copy_books(self) -> None:
        """Keep what the devices did and said; their own books hold the newest 256 lines.

        A command that took effect twice is an AssertionError.
        """
        for hall in self.halls:
            for role in Role:
                done = self._acts.setdefault((hall, role), {})
                for act in acts(self, hall, role):
                    assert done.setdefault(act.seq, act) == act, f"{hall} {role} did {act.seq} twice"
                said = self._said.setdefault((hall, role), {})
                ring = Path(self.booth.devices, f"{hall}-{role}", "ring").read_text(encoding="ascii")
                for line in ring.splitlines():
                    seq, ns, word, _frame, val = line.split()
                    said[int(seq)] = Said(int(seq), int(ns), word, val)

    def adopt(self, *program: str | Path) -> Adoption | None:
        """Start the runtime and wait until every hall has read its hardware and agrees with it.

        None: the runtime ended before.
        """
        began_ns, left = time.time_ns(), set(self.halls)
        self.launch(*program)
        while left:
            assert self.runtime is not None
            if self.runtime.poll() is not None:
                return None
            left -= {hall for hall in left if self._recovered(hall, began_ns) and self._agrees(hall)}
            waited_s = (time.time_ns() - began_ns) / 1e9
            assert waited_s < LIMIT_S, "\n".join((self._disagreements(left), self._last_words()))
            time.sleep(LOOK_S)
        assert self.runtime is not None
        _ran_ns, queued_ns, _slices = Path(f"/proc/{self.runtime.pid}/schedstat").read_text("ascii").split()
        return Adoption((time.time_ns() - began_ns) / 1e9, int(queued_ns) / 1e9)

    def _recovered(self, hall: str, since_ns: int) -> bool:
        return any(row.kind == "runtime_recovered" and row.at_ns > since_ns for row in reversed(self.rows(hall)))

    def _agrees(self, hall: str) -> bool:
        return not [*hardware_wrongs(self.hall(hall), {role: self.device(hall, role) for role in Role})]

    def _disagreements(self, halls: set[str]) -> str:
        return "\n".join(
            f"{hall}: {wrong}"
            for hall in halls
            for wrong in hardware_wrongs(self.hall(hall), {role: self.device(hall, role) for role in Role})
        )

    def wrongs(self) -> Iterator[str]:
        """Yield every breach of what must be true after any number of kills. The runtime has ended."""
        for hall in self.halls:
            evidence = gathered(self, hall)
            yield from chain_wrongs(evidence)
            if evidence.hall.state is State.FAULT:
                yield f"{hall} is in fault: {evidence.hall.fault}"
            for role, book in evidence.books.items():
                done = [*self._acts[hall, role].values()]
                said = [*self._said[hall, role].values()]
                whole = replace(book, acts=done, ring=[Fact(line.seq, line.word) for line in said])
                yield from (f"{hall} {wrong}" for wrong in command_wrongs(evidence, role, whole))
                yield from (f"{hall} {wrong}" for wrong in event_wrongs(evidence, role, whole))
                yield from (f"{hall} {role}: {wrong}" for wrong in repeats(done, said))
            yield from (f"{hall} {wrong}" for row in evidence.mine for wrong in needless(row))

    @property
    def counts(self) -> dict[str, int]:
        """Return how much there was to go wrong."""
        return {
            "commands that took effect": sum(map(len, self._acts.values())),
            "events": sum(map(len, self._said.values())),
            "rows": sum(len(self.rows(hall)) for hall in self.halls),
        }


def needless(row: Record) -> Iterator[str]:
    """Yield each command that an adoption gave although the hardware that it had read was so already."""
    if row.kind != "runtime_recovered":
        return
    projector, rack = row.payload["projection"], row.payload["sound"] or {}
    there = {
        "motor": projector["motor"],
        "dowser": "open" if projector["dowser_open"] else "close",
        "lamp": "on" if projector["lamp"] in ("striking", "lit") else "off",
        "lights": projector["lights"],
        "sound": rack.get("sound"),
    }
    for effect in row.effects:
        if effect["do"] == "command" and there.get(effect["verb"]) == effect.get("arg", ""):
            yield f"the adoption in row {row.log_seq} gave {effect['verb']} {effect['arg']}, which was so already"


def repeats(done: list[Act], said: list[Said]) -> Iterator[str]:
    """Yield each command whose work a newer runtime did again although nothing had undone it."""
    newest: dict[str, Act] = {}
    for act in done:
        verb = act.words.partition(" ")[0]
        before = newest.get(verb)
        if act.result != "ok":
            continue
        newest[verb] = act
        if before is None or before.words != act.words or before.fence == act.fence or act.words not in UNDONE:
            continue
        between = {(line.word, line.val) for line in said if before.ns <= line.ns <= act.ns}
        if UNDONE[act.words] not in between:
            yield f"{act.words} was done as {before.seq} and again as {act.seq}"
    for before, act in pairwise(done):
        if act.seq <= before.seq:
            yield f"{act.seq} took effect after {before.seq}"
