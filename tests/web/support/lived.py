# SPDX-License-Identifier: Apache-2.0
"""Halls that live through a story and leave it in the log, as the runtime would. Used after the fixture `state`."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from adapters.store.models import HallNow, RuntimeNow
from adapters.store.writer import LogWriter
from statemachines import session
from statemachines import session_events as se
from statemachines.events import Event, OperatorRequested, Source, Stamped
from statemachines.hall import Hall
from statemachines.history import HALL, SESSION, mark_of, row_of
from statemachines.machine import Step
from statemachines.now import Now
from statemachines.session import SessionStep
from statemachines.session_value import ControlSession
from statemachines.settings import SECOND
from statemachines.table import Machined
from statemachines.values import canonical
from statemachines.words import Role
from tests.support.story import Story

HOUR_NS = 3600 * SECOND


class LivedHall(Story):
    """A hall in a story, an hour ago; each step is logged. `end` makes all of it durable and shows life now."""

    def __init__(self, log: LogWriter, hall: str = "h1", *, begins_ns: int = 0) -> None:
        super().__init__()
        self.hall = Hall(id=hall)
        self.sessions = {role: ControlSession(role=role) for role in Role}
        self._log = log
        self._now_ns = begins_ns or time.time_ns() - HOUR_NS

    @property
    def at_ns(self) -> int:
        """The time of the last step."""
        return self._now_ns

    @property
    def now(self) -> Now:
        return Now(hall=self.hall, sessions=tuple(self.sessions.values()))

    @override
    def take(self, event: Event, source: Source = Source.RUNTIME, *, request: str = "") -> Step:
        before = self.hall
        taken = super().take(event, source)
        stamped = Stamped(at_ns=self._now_ns, event=event, source=source)
        self._write(HALL, stamped, taken, before=before, after=self.hall, request=request)
        return taken

    def request(self, verb: str, request: str, argument: str = "") -> Step:
        """Ask as an operator whose request has this id."""
        return self.take(OperatorRequested(verb=verb, argument=argument), Source.OPERATOR, request=request)

    def tell(self, role: Role, event: Event) -> None:
        """Tell a session something."""
        self._now_ns += SECOND // 10
        before = self.sessions[role]
        stamped = Stamped(at_ns=self._now_ns, event=event, source=Source.SESSION)
        taken = session.step(before, stamped)
        self.sessions[role] = taken.session
        self._write(f"{SESSION}{role}", stamped, taken, before=before, after=taken.session)

    def open(self, role: Role, gen: int = 1) -> None:
        """Open a session."""
        self.tell(role, se.SessionWanted(role=role))
        self.tell(role, self._linked(se.LinkOpened, role, gen))

    def rotate(self, role: Role, gen: int) -> None:
        """Give an open session a new key."""
        self.tell(role, se.RotationAsked(role=role))
        self.tell(role, self._linked(se.LinkRotated, role, gen))

    @staticmethod
    def _linked(kind: type[se.Linked], role: Role, gen: int) -> se.Linked:
        life_ns = 900 * SECOND
        return kind(role=role, gen=gen, serial=gen, last=0, age_ns=0, life_ns=life_ns, jitter_ppm=0)

    def end(self, figures: str = "{}") -> None:
        """Make all of it durable, and let hall and runtime show life."""
        asyncio.run(self._log.flush())
        show_life(figures)

    def _write(
        self,
        subject: str,
        stamped: Stamped,
        taken: Step | SessionStep,
        *,
        before: Machined,
        after: Machined,
        request: str = "",
    ) -> None:
        row = row_of(
            stream=self.hall.id,
            subject=subject,
            stamped=stamped,
            before=mark_of(before),
            after=mark_of(after),
            effects=taken.effects,
            edge=taken.edge,
            verdict=taken.verdict,
            reason=taken.reason,
            version="v" * 64,
            request=request,
        )
        self._log.append(row, value=canonical(self.now))


def show_life(figures: str = "{}", *, at_ns: int = 0) -> None:
    """Let the runtime and every hall show life, now or at that time."""
    at_ns = at_ns or time.time_ns()
    HallNow.objects.update(heartbeat_ns=at_ns, figures=figures)
    RuntimeNow.objects.update_or_create(pk=1, defaults={"at_ns": at_ns, "figures": "{}"})


@contextmanager
def log_of(state: Path) -> Iterator[LogWriter]:
    """Write this site's log; what was appended is durable at the end."""
    log = LogWriter(state)
    log.start()
    try:
        yield log
    finally:
        log.close()
