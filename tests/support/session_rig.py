# SPDX-License-Identifier: Apache-2.0
"""A session's owner and its machine, joined as a hall's keeper joins them, over fake links in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hall_runtime.session_owner import SessionOwner
from statemachines import session_events as se
from statemachines.effects import ArmTimer, CancelTimer, Command, Effect
from statemachines.events import CommandDone, Event, Stamped, TimerDue
from statemachines.session import SessionStep, step
from statemachines.session_effects import Report
from statemachines.session_value import ControlSession, SessionState
from statemachines.words import Role, Verb
from tests.support.fake_links import FakeLink, FakeOpener
from tests.support.model_device import ModelDevice
from tests.support.virtual_time import now_ns, run_virtual

ROLE = Role.PROJECTION
E = TypeVar("E", bound=Event)


class Rig:
    """`heard` is all that came to the hall's mailbox, with its time; `steps` is all that the session made of it."""

    def __init__(self, *, highest: int = 0) -> None:
        self.device = ModelDevice()
        self.opener = FakeOpener(self.device)
        self.owner = SessionOwner(
            hall="h1",
            role=ROLE,
            fence=1,
            controller="us",
            opener=self.opener,
            post=self.post,
            highest=highest,
            monotonic=now_ns,
            jitter_ppm=lambda: 500_000,
        )
        self.session = ControlSession(role=ROLE)
        self.heard: list[tuple[int, Event]] = []
        self.steps: list[SessionStep] = []
        self.seq = highest
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._changed = asyncio.Event()

    def post(self, event: Event) -> None:
        self.heard.append((now_ns(), event))
        self._changed.set()
        if isinstance(event, se.SessionEvent | TimerDue):
            asyncio.get_running_loop().call_soon(self._step, event)

    def _step(self, event: Event) -> None:
        made = step(self.session, Stamped(at_ns=now_ns(), event=event))
        self.session = made.session
        self.steps.append(made)
        for effect in made.effects:
            self._carry_out(effect)
        self._changed.set()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ArmTimer(name=name, at_ns=at_ns):
                self._cancel(name)
                delay_s = max(at_ns - now_ns(), 0) / 1e9
                due = TimerDue(name=name)
                self._timers[name] = asyncio.get_running_loop().call_later(delay_s, self.post, due)
            case CancelTimer(name=name):
                self._cancel(name)
            case Report(event=event):
                self.post(event)
            case _:
                self.owner.execute(effect)

    def _cancel(self, name: str) -> None:
        if handle := self._timers.pop(name, None):
            handle.cancel()

    def order(self, verb: Verb = Verb.LIGHTS, *, safety: bool = False) -> int:
        """Offer a command and return its number."""
        self.seq += 1
        self.owner.execute(Command(role=ROLE, cmd_seq=self.seq, verb=verb, safety=safety))
        return self.seq

    async def until(self, true: Callable[[], bool], limit_s: float = 60) -> None:
        async with asyncio.timeout(limit_s):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def until_state(self, state: SessionState, limit_s: float = 60) -> None:
        await self.until(lambda: self.session.state is state, limit_s)

    async def up(self) -> FakeLink:
        """Want the session, wait until it is up, and return its link."""
        self.post(se.SessionWanted(role=ROLE))
        await self.until_state(SessionState.UP)
        return self.opener.links[self.session.link_gen]

    async def result(self, seq: int) -> str:
        await self.until(lambda: seq in self.results())
        return self.results()[seq]

    def results(self) -> dict[int, str]:
        """Every answer that the hall got; a second answer to one command is an error."""
        done = [event for event in self.all(CommandDone) if event.role is ROLE]
        found = {event.cmd_seq: event.result for event in done}
        assert len(found) == len(done), "a command was answered twice"
        return found

    def all(self, kind: type[E]) -> list[E]:
        return [event for _, event in self.heard if isinstance(event, kind)]

    async def close(self) -> None:
        for name in tuple(self._timers):
            self._cancel(name)
        await self.owner.close(10)
        assert all(link.is_closed for link in self.opener.links.values())


def tell(story: Callable[[Rig], Awaitable[None]], *, highest: int = 0) -> None:
    """Tell a story over a rig in virtual time, and close it."""

    async def told() -> None:
        made = Rig(highest=highest)
        try:
            await story(made)
        finally:
            await made.close()

    run_virtual(told())
