# SPDX-License-Identifier: Apache-2.0
"""Hearing of commits to the log on a PostgreSQL server. A notice tells only that there is something to read."""

import time

import psycopg
import structlog

from adapters.store.postgresql.address import CHANNEL, connect_parameters

_say = structlog.get_logger(__name__)
QUIET_S = 1.0
"""After so long without a notice it is time to look all the same: the connection may be dead without a word."""
_AGAIN_S = 1.0


class LogNotices:
    """Listens for whoever follows the log, on one event loop."""

    def __init__(self) -> None:
        self._session: psycopg.AsyncConnection | None = None
        self._next_try = 0.0
        self._told = False

    async def wait(self) -> None:
        """Return when rows may have been committed: at a notice, or after a second without one.

        While notices cannot be heard it returns at once: whoever waits looks at its own pace, as without a server.
        """
        if self._session is None:
            await self._listen()
            return
        try:
            async for _notice in self._session.notifies(timeout=QUIET_S, stop_after=1):
                pass
        except psycopg.Error as wrong:
            await self._lose(wrong)

    async def close(self) -> None:
        """Listen no more."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _listen(self) -> None:
        if time.monotonic() < self._next_try:
            return
        session: psycopg.AsyncConnection | None = None
        try:
            session = await psycopg.AsyncConnection.connect(**connect_parameters(), autocommit=True)
            await session.execute(f"LISTEN {CHANNEL}".encode())
        except psycopg.Error as wrong:
            if session is not None:
                await session.close()
            await self._lose(wrong)
            return
        self._session, self._told = session, False

    async def _lose(self, wrong: psycopg.Error) -> None:
        await self.close()
        self._next_try = time.monotonic() + _AGAIN_S
        if not self._told:
            self._told = True
            _say.warning("log_notices_lost", why=str(wrong))
