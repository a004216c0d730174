# SPDX-License-Identifier: Apache-2.0
"""A client of the API that costs little: one connection that stays, one question at a time, no library."""

import asyncio
import json
from typing import Any, Self

LIMIT_S = 10.0


class Refused(RuntimeError):
    """An answer that was not 200."""


class Client:
    """`await Client.connected(port, token)`; from `host` of one's own, as limits count addresses."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader, self._writer = reader, writer
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"

    @classmethod
    async def connected(cls, port: int, token: str, *, host: str = "127.0.0.1") -> Self:
        """Connect to the web process at a port of this machine."""
        async with asyncio.timeout(LIMIT_S):
            return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0)), token)

    async def get(self, path: str) -> Any:
        """Return what the API says there. Refused when that is no 200."""
        return await self._asked(f"GET /api/v1{path} HTTP/1.1\r\n{self._head}\r\n", b"")

    async def post(self, path: str, said: object) -> Any:
        """Say something to the API and return its answer. Refused when that is no 200."""
        body = json.dumps(said).encode()
        return await self._asked(
            f"POST /api/v1{path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n", body
        )

    async def aclose(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._writer.wait_closed()

    async def _asked(self, head: str, body: bytes) -> Any:
        self._writer.write(head.encode("ascii") + body)
        async with asyncio.timeout(LIMIT_S):
            told = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            answer = await self._reader.readexactly(int(told.partition("content-length:")[2].partition("\r\n")[0]))
        if not told.startswith("http/1.1 200"):
            raise Refused(f"{head.partition(' HTTP')[0]}: {answer.decode()}")
        return json.loads(answer)
