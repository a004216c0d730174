# SPDX-License-Identifier: Apache-2.0
"""A hall told as a story: what the booth does, what people ask, and what the hall made of it."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from statemachines import events as e
from statemachines.alarms import Alarm, AlarmState, find
from statemachines.effects import ArmTimer, CancelTimer, Command, Effect, NoteShow, RaiseAlarm, ReturnAlarm
from statemachines.hall import Deadline, Hall, new_hall
from statemachines.machine import Step, step
from statemachines.settings import SECOND, Settings
from statemachines.snapshot import Snapshot
from statemachines.words import Motor, Role, State, Tension
from tests.support.inputs import MS
from tests.support.kept import keeps

P, S = Role.PROJECTION, Role.SOUND


class Story:
    """Steps a hall; each event comes 100 ms after the last one unless `wait` says more."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.hall: Hall = new_hall("h1", settings or Settings())
        self.steps: list[Step] = []
        self._now_ns = 1_000_000 * SECOND

    def wait(self, seconds: int) -> "Story":
        self._now_ns += seconds * SECOND
        return self

    def take(self, event: e.Event, source: e.Source = e.Source.RUNTIME) -> Step:
        self._now_ns += 100 * MS
        taken = step(self.hall, e.Stamped(at_ns=self._now_ns, event=event, source=source))
        assert keeps(taken.hall)
        assert all(map(keeps, taken.effects))
        self.hall = taken.hall
        self.steps.append(taken)
        return taken

    def hear(self, kind: type[e.KernelEvent], role: Role = P, **fields: Any) -> Step:
        """Hear a device's next event, or one with the epoch or hw_seq given."""
        device = self.hall.device(role)
        numbers = {"epoch": device.epoch or 7, "hw_seq": device.hw_seq + 1, "frame": self.hall.film.frame}
        return self.take(kind(role=role, **{**numbers, **fields}), e.Source.KERNEL)

    def ask(self, verb: str, argument: str = "", **fields: Any) -> Step:
        return self.take(e.OperatorRequested(verb=verb, argument=argument, **fields), e.Source.OPERATOR)

    def due(self, name: str) -> Step:
        return self.take(e.TimerDue(name=name), e.Source.TIMER)

    def read(self, role: Role = P, **shown: Any) -> Step:
        """Read a device: what it shows is what was heard, but for the fields given."""
        return self.take(e.SnapshotRead(role=role, snapshot=self.snapshot(role, **shown)), e.Source.SESSION)

    def snapshot(self, role: Role = P, **shown: Any) -> Snapshot:
        hall = self.hall
        known: dict[str, Any] = {"sound": hall.rack.sound}
        if role is P:
            names = "motor at_speed dowser_open lamp tension lights door_open local estop".split()
            known = {name: getattr(hall.projector, name) for name in names}
            known |= {"film": hall.film.present, "ready": hall.film.ready, "frame": hall.film.frame}
        device = hall.device(role)
        return Snapshot(**{"epoch": device.epoch or 7, "seq": device.hw_seq, **known, **shown})

    def answer(self, result: str = "ok", role: Role | None = None) -> None:
        """Answer each command that is on its way, in order; with `role`, that device's only."""
        for each in (P, S) if role is None else (role,):
            for order in self.hall.device(each).pending:
                self.take(e.CommandDone(role=each, cmd_seq=order.cmd_seq, result=result), e.Source.SESSION)

    def up(self, *roles: Role) -> "Story":
        for role in roles or (P, S):
            self.take(e.SessionUp(role=role, gen=self.hall.device(role).link.gen + 1, last=0), e.Source.SESSION)
        return self

    def lost(self, role: Role = P) -> Step:
        return self.take(e.SessionLost(role=role, reason="the line is dead"), e.Source.SESSION)

    def recovered(self, **shown: Any) -> Step:
        event = e.RuntimeRecovered(projection=self.snapshot(**shown), sound=self.snapshot(S))
        return self.take(event)

    def idle(self) -> "Story":
        """A controller that has just started and found everything standing."""
        self.take(e.HallConfigured(settings=self.hall.settings, incarnation=1))
        self.up()
        self.recovered()
        return self

    def threaded(self) -> "Story":
        """Film is in, READY was pressed, the lamp burns."""
        self.idle()
        self.hear(e.FilmInserted, feet=self.hall.settings.feet)
        self.hear(e.FilmReady)
        self.answer()
        self.hear(e.LampLit)
        return self

    def showing(self) -> "Story":
        """Film runs at speed with light on it."""
        self.threaded()
        self.hear(e.ShowStarted)
        self.answer()
        self.hear(e.MotorAtSpeed)
        self.answer()
        self.hear(e.DowserMoved, open=True)
        self.hear(e.FrameCounted, frame=5000)
        return self

    def ended(self) -> "Story":
        """The reel is over, the tail ran out, the motor stands."""
        self.showing()
        self.hear(e.ReelEnded, frame=31_990)
        self.answer()
        self.hear(e.DowserMoved, open=False)
        self.hear(e.MotorStopped)
        return self

    def rewinding(self) -> "Story":
        self.ended()
        self.answer()
        return self

    def broken(self) -> "Story":
        """The film broke in a show; everything stands, and the hardware says so."""
        self.showing()
        self.hear(e.FilmBroke)
        self.answer()
        return self

    def stands(self) -> "Story":
        """Both devices are read, and stand safe."""
        self.read(motor=Motor.STOP, at_speed=False, dowser_open=False, tension=Tension.GOOD)
        self.read(S)
        return self

    @property
    def state(self) -> State:
        return self.hall.state

    def is_in(self, state: State) -> bool:
        return self.hall.state is state

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the last step asked for."""
        return self.steps[-1].effects

    @property
    def commands(self) -> list[str]:
        """The commands of the last step, as `role verb arg`."""
        return spelled(self.effects)

    @property
    def asked(self) -> list[str]:
        """All that the last step asked for, in its order, in words."""
        return [_in_words(each) for each in self.effects]

    def waiting_for(self, *names: str) -> "Story":
        """Have the hall wait for these as well, whatever had it do so."""
        armed = {each.name: each for each in self.hall.deadlines}
        armed |= {name: Deadline(name=name, at_ns=self._now_ns + 3600 * SECOND, span_ns=SECOND) for name in names}
        self.hall = replace(self.hall, deadlines=tuple(armed[name] for name in sorted(armed)))
        return self

    def with_film(self, **fields: Any) -> "Story":
        """Have the film path be as given, whatever brought it there."""
        self.hall = replace(self.hall, film=replace(self.hall.film, **fields))
        return self

    def reported(self, **fields: Any) -> "Story":
        """Have the projector as last reported be as given, without a word of it; `sound` is the rack's."""
        if "sound" in fields:
            self.hall = replace(self.hall, rack=replace(self.hall.rack, sound=fields.pop("sound")))
        self.hall = replace(self.hall, projector=replace(self.hall.projector, **fields))
        return self

    @property
    def awaited(self) -> set[str]:
        """The names of the deadlines that are armed."""
        return {deadline.name for deadline in self.hall.deadlines}

    def alarm(self, name: str) -> AlarmState | None:
        """Return an alarm's state, None when it is normal."""
        found = find(self.hall.alarms, name)
        return found.state if found else None

    def alarms(self) -> dict[str, Alarm]:
        return {alarm.name: alarm for alarm in self.hall.alarms}


Begin = Callable[[Story], Story]
"""How a story begins: one of its own methods, or several."""

Told = Callable[[Story], object]
"""One thing that happens in a story."""


def spelled(effects: tuple[Effect, ...]) -> list[str]:
    return [f"{each.role} {each.verb} {each.arg}".strip() for each in effects if isinstance(each, Command)]


def _in_words(effect: Effect) -> str:
    match effect:
        case Command():
            return spelled((effect,))[0]
        case ArmTimer(name=name):
            return f"wait for {name}"
        case CancelTimer(name=name):
            return f"wait no more for {name}"
        case RaiseAlarm(name=name):
            return f"alarm {name}"
        case ReturnAlarm(name=name):
            return f"{name} is over"
        case NoteShow(show=show, stage=stage):
            return f"show {show} {stage}"
        case _:
            return str(effect)
