# SPDX-License-Identifier: Apache-2.0
"""The owner of one control session's links: carries out what steps ask, and comes back with events.

It decides nothing: when to open, rotate, close or wait is the session machine's, in which order commands go is
the pipe's. Invariant: every task that it starts ends within a limit once `close` is called.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from functools import partial

from adapters.ssh.answers import RingLine
from adapters.ssh.errors import LinkError, LinkLost, Unreachable
from hall_runtime.session_line import BYE_LIMIT_S, CLOSE_LIMIT_S, Line
from hall_runtime.session_ports import LinkOpener, SessionView
from hall_runtime.session_tasks import Tasks
from hall_runtime.session_troubles import attempt_failed
from statemachines import session_events as se
from statemachines.effects import Command, Effect
from statemachines.events import CommandDone, CommandOverdue, Event
from statemachines.pipe import Pipe
from statemachines.pipe_outputs import Done, Drop, Hello, Output, Outputs, Overdue, Ready, Send
from statemachines.session_effects import CloseLink, OpenLink, RotateLink
from statemachines.session_value import ControlSession
from statemachines.snapshot import Snapshot
from statemachines.words import Role

OPEN_LIMIT_S = 120.0
"""For a place among the handshakes, and the handshake: thousands may wait for theirs. A handshake has its own limit."""
HELLO_LIMIT_S = 2.0
_OUT_OF_STEP = ("refused:stale", "refused:gap")


def _drawn_ppm() -> int:
    return secrets.randbelow(1_000_001)


class SessionOwner:
    """Owns the links of one (hall, role). `post` puts an event into the hall's mailbox.

    `highest` is the highest cmd_seq in the log: no number up to it is ever sent. `monotonic` gives ns.
    """

    def __init__(
        self,
        *,
        hall: str,
        role: Role,
        fence: int,
        controller: str,
        opener: LinkOpener,
        post: Callable[[Event], object],
        highest: int = 0,
        monotonic: Callable[[], int] = time.monotonic_ns,
        jitter_ppm: Callable[[], int] = _drawn_ppm,
    ) -> None:
        self._hall, self._role, self._fence, self._controller = hall, role, fence, controller
        self._opener, self._post, self._monotonic, self._jitter_ppm = opener, post, monotonic, jitter_ppm
        self._pipe = Pipe(highest)
        self._lines: dict[int, Line] = {}
        self._current: Line | None = None
        self._asked_gen = self._gen = 0
        self._opening: set[asyncio.Task[None]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._tasks = Tasks(f"{role} session of hall {hall}", self._defect)
        self._timer: asyncio.TimerHandle | None = None

    def execute(self, effect: Effect) -> None:
        """Begin what a step asked for; what comes of it comes as events.

        Raises:
            ValueError: no effect for a session's owner.
        """
        match effect:
            case Command():
                self._apply(self._pipe.offer(effect, self._monotonic()))
            case RotateLink() if not self._pipe.up:
                pass  # its link is lost already, and the event that says so is on its way to the session
            case OpenLink(gen=gen) | RotateLink(gen=gen):
                self._asked_gen = gen
                self._tasks.start(self._open(gen), f"open {gen}", self._opening)
            case CloseLink():
                self._drop_everything()
                self._tasks.start(self._drained(), "drain")
            case _:
                raise ValueError(f"a session's owner cannot carry out {type(effect).__name__}")

    async def read_snapshot(self, limit_s: float) -> Snapshot:
        """Read the device's state.

        Raises:
            LinkError: the session is not up, or the agent did not answer.
        """
        return await self._line_in_use().link.snapshot(limit_s)

    async def read_ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]:
        """Read what the device remembers of `epoch` from hw_seq `from_seq` on.

        Raises:
            RingEpochGone: the device has restarted since.
            LinkError: the session is not up, or the agent did not answer.
        """
        return await self._line_in_use().link.ring(epoch, from_seq, limit_s)

    def view(self, session: ControlSession, at_ns: int) -> SessionView:
        """Return the session for display; `at_ns` is the runtime's time."""
        line = self._current
        return SessionView(
            role=self._role,
            state=session.state,
            gen=self._gen if line else 0,
            serial=line.serial if line else 0,
            rtt_us=line.rtt_us if line else None,
            key_age_ns=self._monotonic() - line.minted_ns if line else None,
            rotates_in_ns=max(session.rotate_ns - at_ns, 0) if line else None,
        )

    async def close(self, limit_s: float) -> None:
        """Take leave of everything within `limit_s` seconds; whatever still runs then is cancelled."""
        self._drop_everything()
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=limit_s)
        await self._tasks.end()

    def _line_in_use(self) -> Line:
        if self._current is None:
            raise LinkLost(f"the {self._role} session of hall {self._hall} is not up")
        return self._current

    # Links

    async def _open(self, gen: int) -> None:
        rotating = self._pipe.up
        try:
            async with asyncio.timeout(OPEN_LIMIT_S):
                opened = await self._opener(self._role, gen)
        except TimeoutError:
            late = Unreachable(f"the {self._role} server of hall {self._hall}", f"no link within {OPEN_LIMIT_S:g} s")
            self._attempt_failed(gen, late, rotating=rotating)
        except (
            Exception
        ) as error:  # minting reads files, too: whatever it was, this attempt failed, the link in use not
            self._attempt_failed(gen, error, rotating=rotating)
        else:
            line = self._lines[gen] = Line(gen, opened)
            self._tasks.start(self._watch(line), f"watch {gen}", line.tasks)
            self._apply(self._pipe.linked(gen, line.minted_ns + line.life_ns, self._monotonic()))

    async def _greet(self, line: Line, hello: Hello) -> None:
        try:
            if self._current is None:
                await line.look(HELLO_LIMIT_S)
            welcome = await line.link.hello(
                self._hall, self._role, self._fence, hello.gen, self._controller, hello.seq, HELLO_LIMIT_S
            )
        except LinkError as error:
            self._ended(line, error)
        else:
            now_ns = self._monotonic()
            self._apply(self._pipe.welcomed(line.name, welcome.epoch, welcome.last, welcome.result, now_ns))

    async def _watch(self, line: Line) -> None:
        self._ended(line, await line.link.closed)

    async def _ping(self, line: Line) -> None:
        self._ended(line, await line.mute())

    def _ended(self, line: Line, error: Exception) -> None:
        """A link is no good any more: what that means depends on what else is open."""
        if self._lines.get(line.name) is not line:
            return
        was_up = self._pipe.up
        self._leave(line)
        self._apply(self._pipe.link_down(line.name, self._monotonic()))
        if was_up and not self._pipe.up:
            self._lost(error)
        elif line is not self._current:
            self._attempt_failed(line.name, error, rotating=was_up)

    def _attempt_failed(self, gen: int, error: Exception, *, rotating: bool) -> None:
        jitter_ppm = self._jitter_ppm()
        self._post(attempt_failed(self._role, gen, error, rotating=rotating, jitter_ppm=jitter_ppm))

    def _lost(self, error: Exception) -> None:
        """The session has no way for commands any more: nothing of it stays open."""
        self._drop_everything()
        self._post(se.LinkLost(role=self._role, gen=self._gen, words=str(error), jitter_ppm=self._jitter_ppm()))

    def _drop_everything(self) -> None:
        for task in self._opening:
            task.cancel()
        for line in tuple(self._lines.values()):
            self._leave(line)
        self._current = None
        self._apply(self._pipe.all_down())

    def _leave(self, line: Line) -> None:
        """Close a link in the background."""
        del self._lines[line.name]
        line.ignore()
        self._tasks.start(line.leave(), f"leave {line.name}", self._leaving)

    async def _drained(self) -> None:
        if ending := self._leaving | self._opening:
            await asyncio.wait(ending, timeout=BYE_LIMIT_S + CLOSE_LIMIT_S)
        self._post(se.LinksDrained(role=self._role))

    def _defect(self, error: Exception) -> None:
        """Our own mistake costs this session one attempt, not the hall its session."""
        if self._pipe.up:
            self._lost(error)
        else:
            self._drop_everything()
            self._attempt_failed(self._asked_gen, error, rotating=False)

    # Commands

    def _apply(self, outputs: Outputs) -> None:
        for output in outputs:
            self._carry_out(output)
        if any(isinstance(output, Overdue) for output in outputs):
            self._lost(LinkLost("a command has had no answer for 2 s"))
        self._set_timer()

    def _carry_out(self, output: Output) -> None:
        match output:
            case Send(link, gen, command) if self._lines[link] is self._current:
                self._send(self._lines[link], gen, command)
            case Send(link, gen, command):  # behind its hello, which a task of its own writes
                asyncio.get_running_loop().call_soon(self._send, self._lines[link], gen, command)
            case Hello(link):
                self._tasks.start(self._greet(self._lines[link], output), f"hello {link}")
            case Done(cmd_seq, result):
                self._post(CommandDone(role=self._role, cmd_seq=cmd_seq, result=result))
            case Overdue(cmd_seq):
                self._post(CommandOverdue(role=self._role, cmd_seq=cmd_seq))
            case Ready():
                self._ready(self._lines[output.link], output)
            case Drop(link):
                if link in self._lines:
                    self._leave(self._lines[link])

    def _send(self, line: Line, gen: int, command: Command) -> None:
        answer = line.link.command(self._fence, gen, command.cmd_seq, command.verb, command.arg)
        answer.add_done_callback(partial(self._answered, line, command.cmd_seq))

    def _answered(self, line: Line, cmd_seq: int, answer: asyncio.Future[str]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            return  # the link has ended: whoever watches it says so
        result = answer.result()
        self._apply(self._pipe.answered(line.name, cmd_seq, result, self._monotonic()))
        if result in _OUT_OF_STEP and line is self._current and not self._pipe.rotating:
            self._ended(line, LinkLost(f"the device answered {result}: it restarted, or another controller has it"))

    def _ready(self, line: Line, ready: Ready) -> None:
        kind = se.LinkOpened if self._current is None else se.LinkRotated
        self._current, self._gen = line, ready.gen
        self._tasks.start(self._ping(line), f"ping {line.name}", line.tasks)
        self._post(
            kind(
                role=self._role,
                gen=ready.gen,
                serial=line.serial,
                last=ready.last,
                age_ns=self._monotonic() - line.minted_ns,
                life_ns=line.life_ns,
                jitter_ppm=self._jitter_ppm(),
                lease_ended=line.lease_ended,
            )
        )

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due_ns = self._pipe.deadline_ns()
        delay_s = 0.0 if due_ns is None else max(due_ns - self._monotonic(), 0) / 1e9
        self._timer = None if due_ns is None else asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._apply(self._pipe.tick(self._monotonic()))
