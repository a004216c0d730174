# SPDX-License-Identifier: Apache-2.0
"""A limit on simultaneous handshakes: after a power cut every session wants to come back at once."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class HandshakeGate:
    """Lets `limit` handshakes run at a time; the lowest priority goes first (halls with film)."""

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"at least one handshake must be possible, not {limit}")
        self._free = limit
        self._arrivals = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def admitted(self, priority: int) -> AsyncIterator[None]:
        """Wait for a place and hold it. Equal priorities go in the order of arrival."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: int) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # our turn came in the same moment: hand it on
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
