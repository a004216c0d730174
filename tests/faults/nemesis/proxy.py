# SPDX-License-Identifier: Apache-2.0
"""A way for TCP connections that can be slow, cut, or silently interrupted; it needs no root.

A thread of its own carries the bytes, so that a test may wait for what it likes.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self, TypeVar

from tests.faults.nemesis.deeds import Deeds

CHUNK = 65_536
ON_THE_WAY = 64
"""Chunks that a way holds; more wait at its beginning."""
LIMIT_S = 5.0
T = TypeVar("T")


class Proxy:
    """Listens on loopback at `port` and carries every connection to `target` (host, port)."""

    def __init__(self, deeds: Deeds, name: str, target: tuple[str, int]) -> None:
        self._deeds, self._name, self._target = deeds, name, target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {name}")
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._delay_s = 0.0
        self._refusing = False
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._on_loop(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._on_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        """Every byte comes so much later, in each direction."""
        with self._deeds.lasting(f"the way to {self._name} is {delay_s:g} s long"):
            self._delay_s = delay_s
            try:
                yield
            finally:
                self._delay_s = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Half-open: connections stand and new ones are taken, but no byte comes through. Later all bytes do."""
        with self._deeds.lasting(f"the way to {self._name} is silent"):
            self._loop.call_soon_threadsafe(self._open.clear)
            try:
                yield
            finally:
                self._loop.call_soon_threadsafe(self._open.set)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Every connection is reset, and each new one as soon as it stands."""
        with self._deeds.lasting(f"the way to {self._name} is cut"):
            self._refusing = True
            self._on_loop(self._reset())
            try:
                yield
            finally:
                self._refusing = False

    def blink(self) -> None:
        """Reset what stands; new connections are welcome at once."""
        self._deeds.note(f"the connections to {self._name} are reset")
        self._on_loop(self._reset())

    def _on_loop(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(LIMIT_S)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LIMIT_S)

    async def _reset(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(ON_THE_WAY)
            self._keep(self._take(source, way))
            self._keep(self._bring(way, sink))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, source: asyncio.StreamReader, way: asyncio.Queue[tuple[float, bytes]]) -> None:
        """Bytes enter the way; none at its end."""
        data = b"-"
        while data:
            try:
                data = await source.read(CHUNK)
            except OSError:
                data = b""
            await way.put((self._loop.time() + self._delay_s, data))

    async def _bring(self, way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        """Bytes leave the way in their order; the end of one direction ends the connection."""
        with suppress(OSError):
            while True:
                due, data = await way.get()
                await asyncio.sleep(due - self._loop.time())
                await self._open.wait()
                if not data:
                    break
                sink.write(data)
                await sink.drain()
        sink.close()
        self._writers.discard(sink)
