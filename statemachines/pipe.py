# SPDX-License-Identifier: Apache-2.0
"""The ordered way of commands to one device: over one link, or over two while the session changes its key.

Pure and sans-IO: every input takes the monotonic time and returns what to do, in order. Links are named by the
generation that they were opened for; `gen` is what they said in their newest hello.

Invariant: each offered command gets exactly one `Done`; after a link is greeted, no number that is sent leaves a
gap at the device, but what a repeated safe stop has passed; nothing is sent twice but during a rotation, under its own
number.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from statemachines.effects import Command
from statemachines.pipe_outputs import (
    ANSWER_NS,
    DOWN,
    MUTE_NS,
    OVERDUE_NS,
    OVERTAKEN,
    UNKNOWN,
    Done,
    Drop,
    Hello,
    Output,
    Outputs,
    Overdue,
    Ready,
    Send,
)
from statemachines.words import Verb


@dataclass(slots=True)
class _Way:
    link: int
    gen: int
    until_ns: int
    since_ns: int
    dead: bool = False
    hello: Hello | None = None

    def usable(self, now_ns: int) -> bool:
        return not self.dead and now_ns < self.until_ns


@dataclass(slots=True)
class _Pending:
    """`link` is where it was last written, 0 while it waits; `waited`: it has waited for a hello long enough."""

    command: Command
    offered_ns: int
    link: int = 0
    waited: bool = False
    overdue: bool = False

    @property
    def jumps(self) -> bool:
        """Only a safe stop may leave numbers out: a device acts on it at any higher number."""
        return self.command.safety and self.command.verb is Verb.SAFE_STOP


class Pipe:
    """One device's commands. `highest` is the highest cmd_seq that was ever offered, as the log has it."""

    def __init__(self, highest: int = 0) -> None:
        self._highest = highest
        self._way: _Way | None = None
        self._next: _Way | None = None
        self._epoch: int | None = None
        self._pending: dict[int, _Pending] = {}

    @property
    def up(self) -> bool:
        """Tell whether commands are taken."""
        return self._way is not None

    @property
    def rotating(self) -> bool:
        """Tell whether a successor stands beside the link in use."""
        return self._way is not None and self._next is not None

    @property
    def idle(self) -> bool:
        """Tell whether every command was answered."""
        return not self._pending

    def deadline_ns(self) -> int | None:
        """Return when `tick` is due, or None."""
        due = [each.offered_ns + OVERDUE_NS for each in self._pending.values() if not each.overdue]
        if self._way and self._next and not self._next.hello:
            due.append(self._switch_ns(self._way, self._next))
        due += [each.offered_ns + MUTE_NS for each in self._behind_hello()]
        return min(due, default=None)

    def offer(self, command: Command, now_ns: int) -> Outputs:
        """Take a command from the hall."""
        if command.cmd_seq <= self._highest:
            return (Done(command.cmd_seq, DOWN),)  # that number is used up, here or by who had the device before
        self._highest = command.cmd_seq
        way = self._way
        # Once one waits the rest wait with it: a number refused in their middle would be a gap at the device.
        if way is None or not (self._next or self._pending or way.usable(now_ns)):
            return (Done(command.cmd_seq, DOWN),)
        pending = _Pending(command, now_ns)
        overtaken = self._overtaken() if pending.jumps else ()
        self._pending[command.cmd_seq] = pending
        sent = self._flush(way, pending, now_ns) if command.safety else self._pump(now_ns)
        return (*overtaken, *sent, *self._try_switch(now_ns))

    def answered(self, link: int, cmd_seq: int, result: str, now_ns: int) -> Outputs:
        """Take a device's answer to a command that went over `link`."""
        way, pending = self._way, self._pending.get(cmd_seq)
        if way is None or way.link != link or pending is None or not pending.link:
            return ()
        if self._next and self._next.hello and result == "refused:stale":
            return ()  # our own hello was faster on the new link, which will say what became of it
        return (self._done(cmd_seq, result), *self._pump(now_ns), *self._try_switch(now_ns))

    def linked(self, link: int, until_ns: int, now_ns: int) -> Outputs:
        """A connection for generation `link` stands and is proven; its certificate ends at `until_ns`."""
        self._next = _Way(link, link, until_ns, since_ns=now_ns)
        return self._try_switch(now_ns)

    def welcomed(self, link: int, epoch: int, last: int, result: str, now_ns: int) -> Outputs:
        """Take the answer to the hello on `link`: compare the numbers, then move over."""
        new = self._next
        if new is None or new.link != link or new.hello is None:
            return ()
        restarted = self._way is not None and epoch != self._epoch
        settled = (*(self._give_up_written(link) if restarted else ()), *self._settle(last, result))
        self._highest = max(self._highest, last)
        self._epoch = epoch
        device_last = max(last, new.hello.seq)
        if device_last < self._never_again() and not any(each.jumps for each in self._pending.values()):
            new.gen += 1
            return (*settled, self._greet(new))
        return (*settled, *self._switch(new, last, now_ns))

    def link_down(self, link: int, now_ns: int) -> Outputs:
        """A link ended. Before its hello a successor's end costs nothing; otherwise all that is open is lost."""
        way, new = self._way, self._next
        if new is not None and new.link == link:
            self._next = None
            fell_back = way is not None and way.usable(now_ns) and new.hello is None
            return self._pump(now_ns) if fell_back else self._lose()
        if way is None or way.link != link:
            return ()
        way.dead = True
        return self._try_switch(now_ns) if new else self._lose()

    def all_down(self) -> Outputs:
        """Whatever was open or being opened is closed by us."""
        return self._lose()

    def tick(self, now_ns: int) -> Outputs:
        """Let time pass."""
        return (*self._overdue(now_ns), *self._try_switch(now_ns), *self._back_to_old(now_ns))

    def _overdue(self, now_ns: int) -> Iterable[Output]:
        for seq, each in self._pending.items():
            if not each.overdue and now_ns >= each.offered_ns + OVERDUE_NS:
                each.overdue = True
                yield Overdue(seq)

    def _written(self) -> list[_Pending]:
        return [each for each in self._pending.values() if each.link]

    def _never_again(self) -> int:
        """Return the number before the oldest unanswered one."""
        return min(self._pending, default=self._highest + 1) - 1

    def _done(self, seq: int, result: str) -> Done:
        del self._pending[seq]
        return Done(seq, result)

    def _overtaken(self) -> Outputs:
        """A safe stop passes what waits, which the device would refuse as out of order."""
        waiting = [seq for seq, each in self._pending.items() if not each.link]
        return tuple(self._done(seq, OVERTAKEN) for seq in waiting)

    def _write(self, way: _Way, pending: _Pending) -> Send:
        pending.link = way.link
        return Send(way.link, way.gen, pending.command)

    def _flush(self, way: _Way, safety: _Pending, now_ns: int) -> Outputs:
        """Write everything that waits, in order, without waiting for answers: a safety command is among it.

        Behind a hello that is on its way it goes over the successor: over the old link it would come too late, and
        the two agents would stand in each other's way. What the old link has not answered yet must not be passed by
        anything but a safe stop.
        """
        new = self._next
        free = safety.jumps or not any(each.link == way.link for each in self._pending.values())
        if new and new.hello and new.usable(now_ns) and free:
            way = new
        if not way.usable(now_ns):
            return ()  # a greeted successor will carry it
        waiting = [each for each in self._pending.values() if not each.link]
        return tuple(self._write(way, each) for each in waiting)

    def _behind_hello(self) -> list[_Pending]:
        """Return the safe stops that went over a successor whose hello has no answer yet."""
        new = self._next
        behind = (each for each in self._pending.values() if new and each.link == new.link)
        return [each for each in behind if each.jumps and not each.waited]

    def _back_to_old(self, now_ns: int) -> Outputs:
        """A successor that is mute must not hold a safe stop: the old link may still be the device's own."""
        way = self._way
        held = [each for each in self._behind_hello() if now_ns >= each.offered_ns + MUTE_NS]
        for each in held:
            each.waited = True
        return tuple(self._write(way, each) for each in held if way and way.usable(now_ns))

    def _pump(self, now_ns: int) -> Outputs:
        """Write the next command when none is out. A successor in sight holds everything back."""
        way = self._way
        if way is None or self._next or self._written() or not way.usable(now_ns):
            return ()
        first = next(iter(self._pending.values()), None)
        return () if first is None else (self._write(way, first),)

    def _switch_ns(self, way: _Way, new: _Way) -> int:
        """Return when the successor says hello at the latest: answers may still come over the old link."""
        written = self._written()
        if not written:
            return new.since_ns
        mute = [each.offered_ns + MUTE_NS for each in written if each.command.safety]
        return min(new.since_ns + ANSWER_NS, way.until_ns, *mute)

    def _try_switch(self, now_ns: int) -> Outputs:
        way, new = self._way, self._next
        if new is None or new.hello is not None:
            return ()
        if way is not None and way.usable(now_ns) and now_ns < self._switch_ns(way, new):
            return ()
        return (self._greet(new),)

    def _greet(self, new: _Way) -> Hello:
        new.hello = Hello(new.link, new.gen, self._never_again())
        return new.hello

    def _settle(self, last: int, result: str) -> Outputs:
        """Answer what the device has passed: the newest with its result, older ones with what we know of them."""
        passed = [(seq, bool(each.link)) for seq, each in self._pending.items() if seq <= last]
        return tuple(
            self._done(seq, (result or UNKNOWN if seq == last else UNKNOWN) if written else DOWN)
            for seq, written in passed
        )

    def _give_up_written(self, new: int) -> Outputs:
        """The device started anew and has no memory of what was on its way to it before: it may not be sent again."""
        written = [seq for seq, each in self._pending.items() if each.link not in (0, new)]
        return tuple(self._done(seq, UNKNOWN) for seq in written)

    def _switch(self, new: _Way, last: int, now_ns: int) -> Outputs:
        old, self._way, self._next = self._way, new, None
        stop = max((seq for seq, each in self._pending.items() if each.jumps), default=0)
        ahead = {seq for seq, each in self._pending.items() if each.link == new.link}
        passed = tuple(self._done(seq, OVERTAKEN) for seq in [*self._pending] if seq < stop and seq not in ahead)
        urgent = (seq for seq, each in self._pending.items() if each.link or each.command.safety)
        upto = max(urgent, default=0)
        unheard = [each for seq, each in self._pending.items() if seq <= upto and seq not in ahead]
        again = tuple(self._write(new, each) for each in unheard if new.usable(now_ns))
        ready = Ready(new.link, new.gen, last)
        dropped = () if old is None else (Drop(old.link),)
        return (*passed, ready, *again, *self._pump(now_ns), *dropped)

    def _lose(self) -> Outputs:
        lost = tuple(self._done(seq, UNKNOWN if each.link else DOWN) for seq, each in list(self._pending.items()))
        self._way = self._next = None
        return lost
