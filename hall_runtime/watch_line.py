# SPDX-License-Identifier: Apache-2.0
"""One watch link in its source's hands: what it reads, whether it listens yet, and how it ended."""

import asyncio
from typing import Any

from adapters.kernel.udevadm import Told, UdevadmReader
from adapters.ssh.errors import LinkError
from hall_runtime.watch_ports import OpenedWatch, WatchLink

CLOSE_LIMIT_S = 0.3
"""Nothing is lost with a link that only listens: it is not waited for long."""


class WatchLine:
    """A link, its certificate, and its reader. `opened` is called once, as soon as there is a link."""

    def __init__(self, reader: UdevadmReader) -> None:
        loop = asyncio.get_running_loop()
        self.serial = self.minted_ns = self.expires_ns = 0
        self.closed: asyncio.Future[LinkError] = loop.create_future()
        self.is_left = False
        self._reader = reader
        self._listens: asyncio.Future[None] = loop.create_future()
        self._link: WatchLink | None = None

    def opened(self, opened: OpenedWatch, wake: asyncio.Event) -> None:
        """Take the link; `wake` is set when it ends."""
        self._link = opened.link
        self.serial, self.minted_ns = opened.serial, opened.minted_ns
        self.expires_ns = opened.minted_ns + opened.life_ns
        self.closed = opened.link.closed
        self.closed.add_done_callback(lambda _closed: wake.set())

    @property
    def is_up(self) -> bool:
        """Whether the monitor has said that it listens, on a link that has not ended."""
        return self._listens.done() and not self.closed.done()

    @property
    def ended(self) -> LinkError | None:
        """Why the link has ended; None while it has not."""
        return self.closed.result() if self.closed.done() else None

    def feed(self, data: bytes) -> list[Told]:
        """Read what the monitor wrote."""
        events = self._reader.feed(data)
        if self._reader.listens and not self._listens.done():
            self._listens.set_result(None)
        return events

    async def until_it_listens(self, limit_s: float) -> None:
        """Wait for the monitor's own word.

        Raises:
            TimeoutError: it does not come.
            LinkError: the link ended instead.
        """
        either: set[asyncio.Future[Any]] = {self._listens, self.closed}
        await asyncio.wait(either, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if self.ended is not None:
            raise self.ended
        if not self._listens.done():
            raise TimeoutError

    async def leave(self, after_s: float) -> None:
        """Close the link after so many seconds, unless it ends before; nothing is read from it afterwards."""
        if after_s:
            await asyncio.wait({self.closed}, timeout=after_s)
        self.is_left = True
        if self._link is not None:
            await self._link.close(CLOSE_LIMIT_S)
