# SPDX-License-Identifier: Apache-2.0
"""A device behind wires that keep what is on its way: as late and as unlucky as a test wants them."""

from collections import deque
from dataclasses import dataclass, field

from statemachines.gate import Admission, Gate, admit, claim, record


@dataclass(frozen=True)
class Act:
    """A command that took effect. `label` tells whose it was."""

    epoch: int
    fence: int
    gen: int
    seq: int
    label: str


@dataclass(frozen=True)
class HelloLine:
    fence: int
    gen: int
    controller: str
    seq: int


@dataclass(frozen=True)
class CommandLine:
    fence: int
    gen: int
    seq: int
    verb: str
    label: str


@dataclass(frozen=True)
class Welcomed:
    epoch: int
    last: int
    result: str


@dataclass(frozen=True)
class Refused:
    code: str


@dataclass(frozen=True)
class Answered:
    seq: int
    result: str


Line = HelloLine | CommandLine
Answer = Welcomed | Refused | Answered


@dataclass
class ModelDevice:
    """Does what the contract asks of a device and remembers what it did."""

    gate: Gate = field(default_factory=Gate)
    epoch: int = 1
    lease_fed: bool = True
    acts: list[Act] = field(default_factory=list)

    def take(self, line: Line) -> Answer:
        return self.hello(line) if isinstance(line, HelloLine) else self.command(line)

    def hello(self, line: HelloLine) -> Welcomed | Refused:
        before = self.gate
        self.gate, said = claim(before, line.fence, line.gen, line.controller, line.seq, lease_fed=self.lease_fed)
        if said != "ok":
            return Refused(said.partition(":")[2])
        return Welcomed(self.epoch, before.last, before.result)

    def command(self, line: CommandLine) -> Answered:
        match admit(self.gate, line.fence, line.gen, line.seq, line.verb):
            case Admission.ACT:
                self.acts.append(Act(self.epoch, line.fence, line.gen, line.seq, line.label))
                self.gate = record(self.gate, line.seq, "ok")
                return Answered(line.seq, "ok")
            case Admission.MEMORY:
                return Answered(line.seq, self.gate.result)
            case refusal:
                return Answered(line.seq, f"refused:{refusal}")

    def restart(self) -> None:
        self.gate, self.epoch = Gate(), self.epoch + 1


@dataclass
class Wire:
    """One link. When it is cut, what was written may still arrive; its answers do not."""

    fence: int
    until_ns: int
    cut: bool = False
    requests: deque[Line] = field(default_factory=deque)
    answers: deque[Answer] = field(default_factory=deque)

    def deliver(self, device: ModelDevice) -> None:
        answer = device.take(self.requests.popleft())
        if not self.cut:
            self.answers.append(answer)
