# SPDX-License-Identifier: Apache-2.0
"""One who looks: what waits to be sent to them, and why they were let go."""

import asyncio
from collections import deque
from typing import NamedTuple

from web.accounts.auth import Caller

ROOM = 64
"""Events that may wait for one viewer; at ten a second, six seconds."""


class Waiting(NamedTuple):
    """An event, and the position up to which whoever got it has everything."""

    pos: int
    spelled: bytes


class Viewer:
    """Belongs to the event loop. `pos`: everything up to here was handed to the connection."""

    def __init__(self, caller: Caller, hall: str, pos: int) -> None:
        self.caller, self.hall, self.pos = caller, hall, pos
        self.ended_for: str | None = None
        """Why it ends; empty when it went by itself, None while it stays."""
        self._waiting: deque[Waiting] = deque()
        self._changed = asyncio.Event()

    def offer(self, pos: int, spelled: bytes) -> bool:
        """Have an event sent. False: there is no room, as those before were not taken."""
        if self.ended_for is not None:
            return True
        if len(self._waiting) >= ROOM:
            return False
        self._waiting.append(Waiting(pos, spelled))
        self._changed.set()
        return True

    def end(self, reason: str) -> None:
        """Let it go; what waits is not sent any more. The first reason stands."""
        if self.ended_for is None:
            self.ended_for = reason
            self._waiting.clear()
            self._changed.set()

    async def next(self) -> Waiting | None:
        """Wait for what is to be sent next; None: it ends. Beats bound the wait."""
        while not self._waiting:
            if self.ended_for is not None:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()
