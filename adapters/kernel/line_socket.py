# SPDX-License-Identifier: Apache-2.0
"""Kernel events of a simulated booth, as lines over its Unix socket: for machines where none can be synthesised."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from adapters.kernel.lines import LineCutter
from adapters.kernel.parse import Heard
from adapters.kernel.source import Listener

LIMIT_S = 2.0
"""For a connect, and for the end of `close`."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
CHUNK_BYTES = 16_384


class LineSource:
    """A client of the booth's stream socket at `path`. Comes back by itself when the booth does."""

    def __init__(self, path: Path) -> None:
        self.refused: Counter[str] = Counter()
        self._path = path
        self._task: asyncio.Task[None] | None = None

    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """See EventSource. A stream socket holds its writer back, so `on_overflow` is never called."""
        tried = asyncio.Event()
        listener = Listener(on_heard, on_overflow, on_up, on_lost)
        self._task = asyncio.create_task(self._run(listener, tried), name=f"events from {self._path}")
        await tried.wait()

    async def close(self) -> None:
        """See EventSource."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=LIMIT_S)

    async def _run(self, listener: Listener, tried: asyncio.Event) -> None:
        pause_s, told = FIRST_PAUSE_S, False
        while True:
            try:
                async with asyncio.timeout(LIMIT_S):
                    reader, writer = await asyncio.open_unix_connection(self._path, limit=CHUNK_BYTES)
            except OSError as error:
                if not told:
                    listener.tell(listener.on_lost, f"the booth does not answer on {self._path}: {error!r}")
            else:
                listener.tell(listener.on_up)
                tried.set()
                try:
                    if await self._read(reader, listener):
                        pause_s = FIRST_PAUSE_S
                finally:
                    writer.close()
                listener.tell(listener.on_lost, f"the booth closed {self._path}")
            told = True
            tried.set()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _read(self, reader: asyncio.StreamReader, listener: Listener) -> bool:
        """Read until the booth is gone; return whether it said anything. A booth may be quiet for as long as it is."""
        cutter, spoke = LineCutter(), False
        while data := await self._chunk(reader):
            spoke = True
            for outcome in cutter.feed(data):
                listener.judge(outcome, self.refused)
            # Reading what is buffered does not yield by itself; the halls must go on during a flood.
            if len(data) == CHUNK_BYTES:
                await asyncio.sleep(0)
        return spoke

    async def _chunk(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(CHUNK_BYTES)
        except OSError:
            return b""
