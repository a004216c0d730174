# SPDX-License-Identifier: Apache-2.0
"""A session machine in a story: it is told events, and its timers are kept until they are due."""

from collections.abc import Callable

from msgspec.structs import replace

from statemachines import session_events as se
from statemachines.effects import ArmTimer, CancelTimer, Effect
from statemachines.events import ConditionRaised, Event, SessionLost, SessionUp, Stamped, TimerDue
from statemachines.session import SessionStep, step
from statemachines.session_effects import Report
from statemachines.session_value import ControlSession, SessionState
from statemachines.words import Role, Verdict
from tests.support.kept import keeps

S = 1_000_000_000
LIFE = 900 * S
ROLE = Role.SOUND


class Story:
    """A session, its armed timers, and all that it asked for."""

    def __init__(self) -> None:
        self.session = ControlSession(role=ROLE)
        self.now = 1_000 * S
        self.timers: dict[str, int] = {}

    def tell(self, event: Event) -> SessionStep:
        told = step(self.session, Stamped(at_ns=self.now, event=event))
        assert keeps(told.session)
        assert all(map(keeps, told.effects))
        self.session = told.session
        for effect in told.effects:
            if isinstance(effect, ArmTimer):
                self.timers[effect.name] = effect.at_ns
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.name, None)
        return told

    def due(self, name: str) -> SessionStep:
        """Let time pass until that timer is due."""
        self.now = max(self.now, self.timers.pop(f"session:{ROLE}:{name}"))
        return self.tell(TimerDue(name=f"session:{ROLE}:{name}"))

    def armed(self) -> set[str]:
        return {name.rpartition(":")[2] for name in self.timers}


def linked(
    kind: type[se.Linked], gen: int, *, age_ns: int = 0, jitter_ppm: int = 0, lease_ended: bool = False
) -> se.Linked:
    told = kind(role=ROLE, gen=gen, serial=gen, last=5, age_ns=age_ns, life_ns=LIFE, jitter_ppm=jitter_ppm)
    return replace(told, lease_ended=lease_ended)


def failed(gen: int, error: str = "Unreachable") -> se.LinkFailed:
    return se.LinkFailed(role=ROLE, gen=gen, error=error, words="no route", jitter_ppm=0)


def rotation_failed(gen: int, jitter_ppm: int = 0) -> se.RotationFailed:
    return se.RotationFailed(role=ROLE, gen=gen, error="Unreachable", words="no route", jitter_ppm=jitter_ppm)


def lost(gen: int) -> se.LinkLost:
    return se.LinkLost(role=ROLE, gen=gen, words="three pings unanswered", jitter_ppm=0)


def up() -> Story:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(linked(se.LinkOpened, 1))
    return story


def rotating() -> Story:
    story = up()
    story.due("rotate")
    return story


def asked(told: SessionStep) -> list[Effect]:
    """What a step asked for, timers left out."""
    return [effect for effect in told.effects if not isinstance(effect, ArmTimer | CancelTimer)]


def reported(told: SessionStep) -> list[Event]:
    return [effect.event for effect in told.effects if isinstance(effect, Report)]


def connecting() -> Story:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    return story


def draining() -> Story:
    story = up()
    story.tell(se.SessionUnwanted(role=ROLE))
    story.due("close")
    return story


def backing_off() -> Story:
    story = connecting()
    story.tell(failed(1))
    return story


def denied(gen: int) -> se.CredentialRefused:
    return se.CredentialRefused(role=ROLE, gen=gen, words="denied")


def another_host(gen: int) -> se.HostKeyRefused:
    return se.HostKeyRefused(role=ROLE, gen=gen, words="another key")


def hello(code: str) -> Callable[[int], se.HelloRefused]:
    return lambda gen: se.HelloRefused(role=ROLE, gen=gen, words=f"refused: {code}", code=code, jitter_ppm=1_000_000)


def refused() -> Story:
    story = connecting()
    story.tell(denied(1))
    return story


MAKE: dict[SessionState, Callable[[], Story]] = {
    SessionState.DOWN: Story,
    SessionState.CONNECTING: connecting,
    SessionState.UP: up,
    SessionState.ROTATING: rotating,
    SessionState.DRAINING: draining,
    SessionState.BACKING_OFF: backing_off,
    SessionState.REFUSED: refused,
}


Reported = SessionUp | SessionLost | ConditionRaised


def reports(*events: Reported) -> list[Effect]:
    return [Report(event=event) for event in events]


def is_refused(told: SessionStep, reason: str) -> bool:
    """Tell whether nothing came of it, and this was said."""
    return (told.verdict, told.effects, told.reason.partition(": ")[2]) == (Verdict.REFUSAL, (), reason)
