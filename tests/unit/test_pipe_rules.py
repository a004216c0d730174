# SPDX-License-Identifier: Apache-2.0
"""Safety rules 4 and 8 on any mixture of lag, loss, rotation, restart and a second controller."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from statemachines.effects import Command
from statemachines.pipe import Pipe
from statemachines.pipe_outputs import Done, Drop, Hello, Outputs, Overdue, Ready, Send
from statemachines.words import Role, Verb
from tests.support.model_device import Answer, Answered, CommandLine, HelloLine, ModelDevice, Refused, Welcomed, Wire

MS = 1_000_000
VERBS = st.sampled_from([(Verb.LIGHTS, False), (Verb.DOWSER, True), (Verb.SAFE_STOP, True), (Verb.SAFE_STOP, False)])


class PipeWorld(RuleBasedStateMachine):
    """A controller with its pipe, wires that deliver when they please, a device, and a rival controller."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.fence, self.gen, self.seq = 10, 0, 0
        self.pipe = Pipe()
        self.device = ModelDevice()
        self.wires: dict[int, Wire] = {}
        self.late: list[Wire] = []
        self.asked: dict[int, int] = {}
        self.stops: set[int] = set()
        self.repeated: set[int] = set()
        self.written: set[int] = set()
        self.greeted: set[int] = set()
        self.newest = (0, 0)
        self.current = 0

    def do(self, outputs: Outputs) -> None:
        for output in outputs:
            match output:
                case Hello(link, gen, seq):
                    self.gen = max(self.gen, gen)
                    self.greeted.add(link)
                    self.wires[link].requests.append(HelloLine(self.fence, gen, "us", seq))
                case Send(link, gen, command):
                    self.send(self.wires[link], gen, command)
                case Done(seq, _):
                    del self.asked[seq]  # a second answer has nothing to take away
                    self.stops.discard(seq)
                case Ready(link, _, last):
                    self.current, self.seq = link, max(self.seq, last)
                case Drop(link):
                    if link in self.wires:
                        self.cut(link)
                case Overdue(seq):
                    assert self.now - self.asked[seq] >= 2000 * MS

    def send(self, wire: Wire, gen: int, command: Command) -> None:
        assert not wire.cut
        assert self.now < wire.until_ns, "a command after the certificate's end"
        seq = command.cmd_seq
        if seq in self.written and command.verb is Verb.SAFE_STOP:
            self.repeated.add(seq)
        self.written.add(seq)
        wire.requests.append(CommandLine(self.fence, gen, seq, command.verb, f"us{seq}"))

    def cut(self, link: int) -> None:
        wire = self.wires.pop(link)
        wire.cut = True
        wire.answers.clear()
        self.late.append(wire)

    def lose(self, link: int) -> None:
        """As the owner does: a lost session closes whatever else is open."""
        was_up = self.pipe.up
        self.cut(link)
        self.do(self.pipe.link_down(link, self.now))
        if was_up and not self.pipe.up:
            for other in list(self.wires):
                self.cut(other)

    @rule(kinds=st.lists(VERBS, min_size=1, max_size=3))
    def offer(self, kinds: list[tuple[Verb, bool]]) -> None:
        for verb, safety in kinds:
            self.offer_one(verb, safety)

    def offer_one(self, verb: Verb, safety: bool) -> None:
        self.seq += 1
        self.asked[self.seq] = self.now
        command = Command(role=Role.PROJECTION, cmd_seq=self.seq, verb=verb, safety=safety)
        if verb is Verb.SAFE_STOP and safety:
            self.stops.add(self.seq)
        outputs = self.pipe.offer(command, self.now)
        written = any(isinstance(each, Send) and each.command == command for each in outputs)
        wire = self.wires.get(self.current)
        assert written or not safety or wire is None or self.now >= wire.until_ns
        self.do(outputs)

    # A session opens one link at a time: while it is rotating no third one, also when the old one was lost meanwhile.
    @precondition(lambda self: not self.pipe.rotating and (self.pipe.up or not self.wires))
    @rule(life_ms=st.integers(50, 5000))
    def link(self, life_ms: int) -> None:
        self.gen += 1
        self.wires[self.gen] = Wire(self.fence, self.now + life_ms * MS)
        self.do(self.pipe.linked(self.gen, self.now + life_ms * MS, self.now))

    @precondition(lambda self: self.wires)
    @rule(data=st.data(), count=st.integers(1, 4))
    def deliver(self, data: st.DataObject, count: int) -> None:
        wire = self.wires[data.draw(st.sampled_from(sorted(self.wires)))]
        self.arrive(wire, count)

    @precondition(lambda self: any(wire.requests for wire in self.late))
    @rule(data=st.data(), count=st.integers(1, 4))
    def deliver_late(self, data: st.DataObject, count: int) -> None:
        self.arrive(data.draw(st.sampled_from([wire for wire in self.late if wire.requests])), count)

    def arrive(self, wire: Wire, count: int) -> None:
        for _ in range(min(count, len(wire.requests))):
            line = wire.requests[0]
            before = len(self.device.acts)
            wire.deliver(self.device)
            claimed = (self.device.gate.fence, self.device.gate.gen)
            self.newest = max(self.newest, claimed)
            assert len(self.device.acts) == before or (line.fence, line.gen) == self.newest

    @precondition(lambda self: any(wire.answers for wire in self.wires.values()))
    @rule(data=st.data())
    def hear(self, data: st.DataObject) -> None:
        self.take(data.draw(st.sampled_from([link for link, wire in self.wires.items() if wire.answers])))

    def take(self, link: int) -> None:
        answer: Answer = self.wires[link].answers.popleft()
        match answer:
            case Welcomed(epoch, last, result):
                self.do(self.pipe.welcomed(link, epoch, last, result, self.now))
            case Refused():
                self.lose(link)
            case Answered(seq, result):
                assert result != "refused:gap" or self.passed_by_a_stop(seq)
                self.do(self.pipe.answered(link, seq, result, self.now))
                if result == "refused:stale" and len(self.wires) == 1 and link in self.wires:
                    self.lose(link)

    def passed_by_a_stop(self, seq: int) -> bool:
        """A safe stop that was repeated over the old link was quicker: what that number wanted, it has done."""
        return any(act.seq > seq and act.seq in self.repeated for act in self.device.acts)

    @precondition(lambda self: self.wires)
    @rule(data=st.data())
    def lose_a_link(self, data: st.DataObject) -> None:
        self.lose(data.draw(st.sampled_from(sorted(self.wires))))

    @rule(ms=st.sampled_from([1, 100, 250, 500, 2000]))
    def wait(self, ms: int) -> None:
        end = self.now + ms * MS
        while (due := self.pipe.deadline_ns()) is not None and due <= end:
            self.now = max(self.now, due)
            self.do(self.pipe.tick(self.now))
        self.now = end

    def close(self) -> None:
        self.do(self.pipe.all_down())
        for link in list(self.wires):
            self.cut(link)
        assert not self.asked

    def restart_device(self) -> None:
        """What lay in dead connections is gone by then; live ones go on."""
        self.device.restart()
        self.late.clear()
        self.newest = (0, 0)

    def rival(self) -> None:
        """Another controller, which believes that the hall is its own and has a newer fence."""
        self.device.lease_fed = False
        fence = max(self.fence, self.device.gate.fence) + 1
        self.device.hello(HelloLine(fence, 1, "rival", 0))
        self.newest = max(self.newest, (fence, 1))
        for _ in range(2):
            self.device.command(CommandLine(fence, 1, self.device.gate.last + 1, "lights", "rival"))

    def restart_runtime(self) -> None:
        self.close()
        self.fence = max(self.fence, self.device.gate.fence) + 1
        self.gen, self.current, self.pipe = 0, 0, Pipe(self.seq)
        self.greeted.clear()

    @rule(what=st.sampled_from(["close", "restart_device", "restart_runtime", "rival"]))
    def misfortune(self, what: str) -> None:
        getattr(self, what)()

    @rule()
    def calm_down(self) -> None:
        """With every wire delivering, whatever can be answered is."""
        while any(wire.requests or wire.answers for wire in self.wires.values()):
            for link in list(self.wires):
                if link in self.wires:
                    self.arrive(self.wires[link], 99)
                while link in self.wires and self.wires[link].answers:
                    self.take(link)
        usable = all(self.now < wire.until_ns for wire in self.wires.values())
        assert not self.asked or not usable

    @invariant()
    def no_command_acts_twice_or_out_of_order(self) -> None:
        ours = [act.seq for act in self.device.acts if act.label.startswith("us")]
        assert ours == sorted(set(ours))

    @invariant()
    def every_command_waits_or_was_answered(self) -> None:
        assert self.pipe.idle == (not self.asked)
        assert self.pipe.up or not self.asked

    @invariant()
    def a_mute_link_does_not_hold_a_safe_stop(self) -> None:
        """250 ms after it was offered it is answered, or the successor, when there is one, was said hello to."""
        late = any(self.now - self.asked[seq] >= 250 * MS for seq in self.stops)
        assert not late or self.greeted >= self.wires.keys()


PipeWorld.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestPipeWorld = PipeWorld.TestCase
