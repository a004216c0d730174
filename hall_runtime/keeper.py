# SPDX-License-Identifier: Apache-2.0
"""The one task that steps a hall and its sessions: event in, row out, effects on their way."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from adapters.store.errors import StoreError
from hall_runtime.clock import RuntimeClock
from hall_runtime.mailbox import Mail, Mailbox
from hall_runtime.ports import Log, Owner
from hall_runtime.tally import Tally
from hall_runtime.timers import Timers
from statemachines import machine, session
from statemachines.effects import ArmTimer, CancelTimer, Command, Effect, NoteShow, RaiseAlarm, ReturnAlarm
from statemachines.events import CommandDone, Event, FilmInserted, Source, Stamped, TimerDue
from statemachines.hall import Hall
from statemachines.history import HALL, SESSION, mark_of, marked, row_of, state_in
from statemachines.now import Now, now_text
from statemachines.record import Record
from statemachines.session_effects import Report
from statemachines.session_events import SessionEvent, SessionUnwanted, SessionWanted
from statemachines.session_value import ControlSession
from statemachines.values import canonical
from statemachines.wanted import wanted
from statemachines.words import Role, Verdict

_say = structlog.get_logger("hall")
_BREATH = 64
"""Steps in a row before the loop may do something else."""
_SAY_S = 0.01
"""How long a step's line may wait."""

Stepped = Callable[["HallKeeper", Record], None]
Made = machine.Step | session.SessionStep


class HallKeeper:
    """Keeps one hall. `on_step` is told of every row, after its effects are on their way."""

    def __init__(
        self,
        now: Now,
        *,
        log: Log,
        clock: RuntimeClock,
        version: str,
        owners: Mapping[Role, Owner],
        on_step: Stepped = lambda _keeper, _row: None,
        tally: Tally | None = None,
    ) -> None:
        self.hall = now.hall
        self.sessions = {each.role: each for each in now.sessions}
        self.mailbox = Mailbox()
        self.timers = Timers(clock, self._timer_due)
        self._log, self._clock, self._version, self._owners = log, clock, version, owners
        self._on_step = on_step
        self._tally = tally or Tally()
        self._texts = {HALL: canonical(now.hall)}
        self._texts |= {f"{SESSION}{role}": canonical(each) for role, each in self.sessions.items()}
        self._marks = {HALL: mark_of(now.hall)}
        self._marks |= {f"{SESSION}{role}": mark_of(each) for role, each in self.sessions.items()}
        self._causes: dict[tuple[Role, int], str] = {}
        self._sending = False
        self._answered_at_once: list[tuple[CommandDone, Source]] = []
        self._wanted: frozenset[Role] = frozenset()
        self._unsaid: list[tuple[Record, int]] = []

    @property
    def id(self) -> str:
        return self.hall.id

    @property
    def now(self) -> Now:
        """The hall and its sessions as they are."""
        return Now(hall=self.hall, sessions=tuple(self.sessions.values()))

    @property
    def time_ns(self) -> int:
        """The runtime's time; the hall's own is that of its last step."""
        return self._clock.now_ns()

    def post(self, event: Event, source: Source, *, cause: str = "", request: str = "") -> bool:
        """Put an event into the mailbox; False when a kernel event found no room there."""
        subject = f"{SESSION}{event.role}" if isinstance(event, SessionEvent) else HALL
        return self._put(event, source, subject, cause, request)

    def post_to_sessions(self, make: Callable[[Role], Event]) -> None:
        """Put an event of each session into the mailbox."""
        for role in self.sessions:
            self._put(make(role), Source.RUNTIME, f"{SESSION}{role}", "", "")

    def _put(self, event: Event, source: Source, subject: str, cause: str, request: str) -> bool:
        if isinstance(event, FilmInserted):
            event = _with_programme(event, self)
        if isinstance(event, CommandDone):
            if self._sending:  # its cause, the row of this step, has no number yet
                self._answered_at_once.append((event, source))
                return True
            cause = cause or self._causes.pop((event.role, event.cmd_seq), "")
        mail = Mail(self._clock.now_ns(), subject, event, source, cause, request)
        return self.mailbox.put(mail)

    def _timer_due(self, name: str, cause: str) -> None:
        session_role = session.addressee(TimerDue(name=name))
        subject = HALL if session_role is None else f"{SESSION}{session_role}"
        self._put(TimerDue(name=name), Source.TIMER, subject, cause, "")

    def rearm(self) -> None:
        """After a restart: what is left of each deadline, never longer than it was."""
        for deadline in self.hall.deadlines:
            self.timers.arm(deadline.name, min(deadline.at_ns, self._clock.now_ns() + deadline.span_ns))

    async def run(self) -> None:
        """Step what comes, until cancelled."""
        try:
            while True:
                for _ in range(_BREATH):
                    self.step(await self.mailbox.take())
                await asyncio.sleep(0)
        finally:
            self._say_all()

    def step(self, mail: Mail) -> Record:
        """Step one event: its commands leave, its row is on the way to the log, then all other effects.

        Raises:
            ExceptionGroup: defects of the log or of executors; all else of the step is done.
        """
        began = time.perf_counter_ns()
        at_ns = max(mail.at_ns, self.hall.at_ns)
        stamped = Stamped(at_ns=at_ns, event=mail.event, source=mail.source, cause=mail.cause)
        made, value = self._decide(mail.subject, stamped)
        commands = [effect for effect in made.effects if isinstance(effect, Command)]
        defects = self._send(commands)
        row = self._row(mail, stamped, made, value)
        try:
            row = self._logged(row)
        except Exception as unlogged:  # a step that cannot be logged must still stop a projector
            defects.append(unlogged)
        self._sent(commands, f"{row.log_seq}")
        others = [effect for effect in made.effects if not isinstance(effect, Command)]
        defects += self._carry_out_all(others, f"{row.log_seq}")
        self._follow_wanted(f"{row.log_seq}")
        self._on_step(self, row)
        self._say_soon(row, (time.perf_counter_ns() - began) // 1000)
        if defects:
            raise ExceptionGroup(f"{row.kind}: {'; '.join(map(str, defects))}", defects)
        return row

    def _send(self, commands: Sequence[Command]) -> list[Exception]:
        """Hand commands to their sessions before the row is written down, which takes as long as the decision.

        Row and command part within one millisecond either way: what is durable a crash decides, not this order.
        """
        self._sending = True
        try:
            return self._carry_out_all(commands, "")
        finally:
            self._sending = False

    def _sent(self, commands: Sequence[Command], cause: str) -> None:
        """Note which row caused them, for their answers; one that needed no server is answered already."""
        self._causes |= {(command.role, command.cmd_seq): cause for command in commands}
        answered, self._answered_at_once = self._answered_at_once, []
        for event, source in answered:
            self.post(event, source)

    def _carry_out_all(self, effects: Sequence[Effect], cause: str) -> list[Exception]:
        """One effect that fails must not keep the next ones back: return what went wrong."""
        defects: list[Exception] = []
        for effect in effects:
            try:
                self._carry_out(effect, cause)
            except Exception as defect:
                defects.append(defect)
        return defects

    def _logged(self, row: Record) -> Record:
        """A row that cannot be kept is told; what it decided is carried out all the same."""
        try:
            hall, *sessions = self._texts.values()
            return self._log.append(row, value=now_text(hall, sessions))
        except StoreError as wrong:
            _say.error("row_not_logged", hall=self.id, kind=row.kind, why=str(wrong))
            return row

    def _decide(self, subject: str, stamped: Stamped) -> tuple[Made, Hall | ControlSession]:
        if subject == HALL:
            step = machine.step(self.hall, stamped)
            self.hall = step.hall
            return step, step.hall
        role = Role(subject.removeprefix(SESSION))
        session_step = session.step(self.sessions[role], stamped)
        self.sessions[role] = session_step.session
        return session_step, session_step.session

    def _row(self, mail: Mail, stamped: Stamped, made: Made, value: Hall | ControlSession) -> Record:
        text = self._texts[mail.subject] = canonical(value)
        before, self._marks[mail.subject] = self._marks[mail.subject], marked(value, text)
        return row_of(
            stream=self.id,
            subject=mail.subject,
            stamped=stamped,
            before=before,
            after=self._marks[mail.subject],
            effects=made.effects,
            edge=made.edge,
            verdict=made.verdict,
            reason=made.reason,
            version=self._version,
            request=mail.request,
        )

    def _carry_out(self, effect: Effect, cause: str) -> None:
        match effect:
            case ArmTimer(name=name, at_ns=at_ns):
                self.timers.arm(name, at_ns, cause)
            case CancelTimer(name=name):
                self.timers.cancel(name)
            case NoteShow(show=show, stage=stage):
                _say.info("show", hall=self.id, show=show, stage=stage)
            case Report(event=event):
                self.post(event, Source.SESSION, cause=cause)
            case RaiseAlarm(name=name, words=words, root=root):
                _say.warning("alarm_raised", hall=self.id, alarm=name, words=words, root=root)
            case ReturnAlarm(name=name):
                _say.info("alarm_returned", hall=self.id, alarm=name)
            case _:
                self._owners[effect.role].execute(effect)  # type: ignore[attr-defined]  # a session's own effect

    def _say_soon(self, row: Record, took_us: int) -> None:
        """Not at once: a command's answer comes within half a millisecond, and a line takes as long as a step."""
        if not self._unsaid:
            asyncio.get_running_loop().call_later(_SAY_S, self._say_all)
        self._unsaid.append((row, took_us))

    def _say_all(self) -> None:
        unsaid, self._unsaid = self._unsaid, []
        for row, took_us in unsaid:
            self._tally.count(row, took_us)
            _canonical_line(row, took_us)

    def _follow_wanted(self, cause: str) -> None:
        """Sessions follow from the hall's state: each owner hears of a change, nothing else opens or closes."""
        now = wanted(self.hall)
        for role in now ^ self._wanted:
            event = SessionWanted(role=role) if role in now else SessionUnwanted(role=role)
            self.post(event, Source.RUNTIME, cause=cause)
        self._wanted = now


def _with_programme(event: FilmInserted, keeper: HallKeeper) -> FilmInserted:
    settings = keeper.hall.settings
    return FilmInserted(
        role=event.role,
        epoch=event.epoch,
        hw_seq=event.hw_seq,
        hw_ns=event.hw_ns,
        frame=event.frame,
        gauge=settings.gauge,
        feet=settings.feet,
    )


_QUIET = ("frame_counted", "timecode_read", "heartbeat_heard", "snapshot_read", "command_done")


def _canonical_line(row: Record, took_us: int) -> None:
    """Say what happened, in one line an event."""
    say = _say.debug if row.kind in _QUIET and row.verdict != Verdict.TRANSITION else _say.info
    say(
        row.kind,
        hall=row.stream,
        subject=row.subject,
        seq=row.log_seq,
        change=f"{state_in(row.before)} → {state_in(row.after)}",
        verdict=row.verdict,
        reason=row.reason,
        effects=[_brief(effect) for effect in row.effects],
        us=took_us,
    )


def _brief(effect: Mapping[str, object]) -> str:
    words = (effect.get("do"), effect.get("role"), effect.get("verb"), effect.get("arg"), effect.get("name"))
    return " ".join(str(word) for word in words if word)
