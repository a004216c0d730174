# SPDX-License-Identifier: Apache-2.0
"""The socket at which people's hands are asked for: `HALL WISH` in, one line out."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

from typing_extensions import override

from adapters.booth.lines import LineBuffer
from statemachines.device_abi import LINE_LIMIT

ANSWER_BACKLOG_BYTES = 64 * 1024


class _Hand(asyncio.Protocol):
    def __init__(self, do: Callable[[str], str], hands: "set[_Hand]") -> None:
        self._do = do
        self._hands = hands
        self._buffer = LineBuffer()
        self._dropped = 0
        self._transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._hands.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._hands.discard(self)

    @override
    def data_received(self, data: bytes) -> None:
        for line in self._buffer.feed(data):
            self._answer(self._do(line))
        for _ in range(self._buffer.dropped - self._dropped):
            self._answer(f"a line has at most {LINE_LIMIT} bytes")
        self._dropped = self._buffer.dropped

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _answer(self, text: str) -> None:
        if self._transport is None:
            return
        self._transport.write(f"{text}\n".encode())
        if self._transport.get_write_buffer_size() > ANSWER_BACKLOG_BYTES:
            self._transport.abort()


class HandsServer:
    """Listens at a Unix socket; `do` answers each line."""

    def __init__(self, do: Callable[[str], str]) -> None:
        self._do = do
        self._hands: set[_Hand] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path) -> None:
        """Accept hands at `path`, which must not be there. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Hand(self._do, self._hands), path)

    async def close(self) -> None:
        for hand in tuple(self._hands):
            hand.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
