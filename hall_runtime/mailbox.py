# SPDX-License-Identifier: Apache-2.0
"""A hall's mailbox: a safety lane that never drops, and an ordered lane in which telemetry coalesces."""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from itertools import count

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
        self._ordered: OrderedDict[int, Mail] = OrderedDict()
        self._newest: dict[tuple[type[Event], str], int] = {}
        self._places = count()
        self._kernel = 0
        self._since_ns: int | None = None
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self.taken = 0
        self.coalesced = 0

    def __len__(self) -> int:
        return len(self._safety) + len(self._ordered)

    def put(self, mail: Mail) -> bool:
        """Take in an event; False when a kernel event that is no safety event found no room."""
        if is_safety(mail.event):
            self._safety.append(mail)
        elif isinstance(mail.event, KernelEvent):
            if self._kernel >= ROOM and not isinstance(mail.event, TELEMETRY):
                return False
            self._put_kernel(mail, mail.event)
        else:
            self._ordered[next(self._places)] = mail
        if self._since_ns is None:
            self._since_ns = mail.at_ns
        self._filled.set()
        self._emptied.clear()
        return True

    def _put_kernel(self, mail: Mail, event: KernelEvent) -> None:
        """Of waiting telemetry only the newest matters. The older one goes, so that the order of the rest holds."""
        place = next(self._places)
        self._kernel += 1
        if isinstance(event, TELEMETRY):
            older = self._newest.get((type(event), event.role))
            if older is not None:
                del self._ordered[older]
                self._kernel -= 1
                self.coalesced += 1
            self._newest[type(event), event.role] = place
        self._ordered[place] = mail

    def oldest_ns(self) -> int | None:
        """Return since when something waits, None when nothing does. Coalescing makes it no newer."""
        return self._since_ns

    async def take(self) -> Mail:
        """Wait for the next event: safety first, then in order."""
        while True:
            mail = self._next()
            if mail is not None:
                self.taken += 1
                first = (next(iter(lane), None) for lane in (self._safety, self._ordered.values()))
                self._since_ns = min((each.at_ns for each in first if each is not None), default=None)
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
        if not self._ordered:
            return None
        _place, mail = self._ordered.popitem(last=False)
        if isinstance(mail.event, KernelEvent):
            self._kernel -= 1
            self._newest.pop((type(mail.event), mail.event.role), None)
        return mail
