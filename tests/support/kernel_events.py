# SPDX-License-Identifier: Apache-2.0
"""Ends of a kernel event source's way: uevents synthesised for real, a booth's socket, and who listens."""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from pathlib import Path

from adapters.kernel import EventSource, Heard

NULL_DEVICE = Path("/sys/class/mem/null/uevent")
"""A device of subsystem `mem` that every Linux has and on which nothing depends."""


def keys(seq: int, *, word: str = "tail", val: str = "0", epoch: int = 5) -> str:
    """Return the keys of one event of the projection device of hall h1."""
    return f"HALL=h1 ROLE=projection EVENT={word} SEQ={seq} EPOCH={epoch} FRAME=0 NS=1 VAL={val}"


class Synthesiser:
    """Makes the kernel itself send uevents, told apart from those of other runs by a random id."""

    def __init__(self) -> None:
        self.uuid = str(uuid.uuid4())

    def say(self, text: str, *, uuid: str = "") -> None:
        NULL_DEVICE.write_text(f"change {uuid or self.uuid} {text}")


class LineServer:
    """The booth's end of a line socket. Lines go to every client."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._joined = asyncio.Event()

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._join, self._path)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._joined.set()

    async def joined(self) -> None:
        """Wait for a client that came since the last call."""
        await asyncio.wait_for(self._joined.wait(), 5)
        self._joined.clear()

    def say(self, text: str) -> None:
        self.send(f"{text}\n".encode())

    def send(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(ConnectionError):  # the client may have gone first
                await asyncio.wait_for(writer.wait_closed(), 5)
        self._writers.clear()
        self._path.unlink(missing_ok=True)


class Ears:
    """Notes what a source tells; `wait_for` ends when the note is as wished."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.overflows = 0
        self.ups = 0
        self.lost: list[str] = []
        self.on_heard: Callable[[Heard], None] = self.heard.append
        self._changed = asyncio.Event()

    async def listen(self, source: EventSource) -> None:
        await source.start(self._hear, self._overflow, self._up, self._lose)

    @property
    def seqs(self) -> list[int]:
        return [heard.event.hw_seq for heard in self.heard]

    async def wait_for(self, done: Callable[[], bool], limit_s: float = 10.0) -> None:
        async with asyncio.timeout(limit_s):
            while not done():
                await self._changed.wait()
                self._changed.clear()

    def _hear(self, heard: Heard) -> None:
        self._changed.set()
        self.on_heard(heard)

    def _overflow(self) -> None:
        self.overflows += 1
        self._changed.set()

    def _up(self) -> None:
        self.ups += 1
        self._changed.set()

    def _lose(self, reason: str) -> None:
        self.lost.append(reason)
        self._changed.set()
