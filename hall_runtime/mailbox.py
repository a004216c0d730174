# SPDX-License-Identifier: Apache-2.0
"""A hall's mailbox: a safety lane that never drops, and an ordered lane in which telemetry coalesces."""

import asyncio
from collections import deque
from dataclasses import dataclass

from statemachines.events import Event, KernelEvent, OperatorRequested, Source
from statemachines.kernel_words import SAFETY_CLASSES, TELEMETRY

ROOM = 8_192
"""Kernel events that may wait; more is a storm that only the ring can tell."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An event on its way into a step. `subject` is `hall` or `session:ROLE`; `request` an operator request's id."""

    at_ns: int
    subject: str
    event: Event
    source: Source
    cause: str = ""
    request: str = ""


def is_safety(event: Event) -> bool:
    """Tell whether an event overtakes all others and may never be dropped."""
    pressed = isinstance(event, OperatorRequested) and event.verb == "emergency_stop"
    return pressed or isinstance(event, SAFETY_CLASSES)


class Mailbox:
    """Holds what a hall has yet to step. One task takes; anyone on the loop puts."""

    def __init__(self) -> None:
        self._safety: deque[Mail] = deque()
        self._ordered: deque[Mail] = deque()
        self._newest: dict[tuple[type[Event], str], Mail] = {}
        self._stale: set[int] = set()
        self._kernel = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self.taken = 0
        self.coalesced = 0

    def __len__(self) -> int:
        return len(self._safety) + len(self._ordered) - len(self._stale)

    def put(self, mail: Mail) -> bool:
        """Take in an event; False when a kernel event that is no safety event found no room."""
        if is_safety(mail.event):
            self._safety.append(mail)
        elif isinstance(mail.event, KernelEvent):
            if self._kernel >= ROOM and not isinstance(mail.event, TELEMETRY):
                return False
            self._put_kernel(mail, mail.event)
        else:
            self._ordered.append(mail)
        self._filled.set()
        self._emptied.clear()
        return True

    def _put_kernel(self, mail: Mail, event: KernelEvent) -> None:
        """Of waiting telemetry only the newest matters. The older one goes, so that the order of the rest holds."""
        if isinstance(event, TELEMETRY):
            key = (type(event), event.role)
            older = self._newest.get(key)
            if older is not None:
                self._stale.add(id(older))
                self.coalesced += 1
            else:
                self._kernel += 1
            self._newest[key] = mail
        else:
            self._kernel += 1
        self._ordered.append(mail)

    def oldest_ns(self) -> int | None:
        """Return when the longest-waiting event came in, None when nothing waits."""
        waiting = [lane[0].at_ns for lane in (self._safety, self._ordered) if lane]
        return min(waiting) if waiting else None

    async def take(self) -> Mail:
        """Wait for the next event: safety first, then in order."""
        while True:
            mail = self._next()
            if mail is not None:
                self.taken += 1
                return mail
            self._filled.clear()
            self._emptied.set()
            await self._filled.wait()

    async def drained(self) -> None:
        """Wait until everything that was put in has been taken and the taker asks for more."""
        await self._emptied.wait()

    def _next(self) -> Mail | None:
        if self._safety:
            return self._safety.popleft()
        while self._ordered:
            mail = self._ordered.popleft()
            if id(mail) in self._stale:
                self._stale.discard(id(mail))
                continue
            if isinstance(mail.event, KernelEvent):
                self._kernel -= 1
                self._newest.pop((type(mail.event), mail.event.role), None)
            return mail
        return None
