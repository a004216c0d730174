# SPDX-License-Identifier: Apache-2.0
"""Many viewers of one stream: `python -m benchmarks.viewers_watch PORT TOKEN`.

Asked over its standard input: `join COUNT` opens so many more connections and tells how long it took until each had its
greeting; `told` tells of all rows that came since the last `told`: how many, by viewer the fewest and the most, and how
old they were in ms.
"""

import asyncio
import re
import resource
import sys
import time
from typing import Any

from typing_extensions import override

from benchmarks.measure import p50, p99
from benchmarks.scale_talk import asked, say

_SENT = re.compile(rb'"sent":(\d+)[,}]')
_LONGEST = 64
_TOO_MANY = b"HTTP/1.1 429"
"""A token may ask 50 times a second, as everywhere: whoever is refused comes again."""
_AT_A_TIME = 50
_LIMIT_S = 120


class _Viewer(asyncio.Protocol):
    """Reads as little as it can: what is measured is the server."""

    def __init__(self, asks: bytes) -> None:
        self._asks, self._rest = asks, b""
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ages_ns: list[int] = []

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._asks)

    @override
    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        data, end = self._rest + data, 0
        for found in _SENT.finditer(data):
            self.ages_ns.append(now_ns - int(found[1]))
            end = found.end()
        if not self.greeted.done() and b"event: hello" in data:
            self.greeted.set_result(None)
        elif not self.greeted.done() and data.startswith(_TOO_MANY):
            self.greeted.set_exception(ConnectionRefusedError())
            self._transport.close()
        self._rest = data[max(end, len(data) - _LONGEST) :]

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(exc or ConnectionError(self._rest.decode(errors="replace")))


class _Crowd:
    def __init__(self, port: int, token: str) -> None:
        self._port, self._viewers = port, list[_Viewer]()
        self._asks = (
            f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        ).encode()

    async def join(self, count: int) -> dict[str, Any]:
        began, room = time.monotonic(), asyncio.Semaphore(_AT_A_TIME)
        async with asyncio.timeout(_LIMIT_S):
            await asyncio.gather(*(self._join(room) for _ in range(count)))
        return {"joined": len(self._viewers), "s": time.monotonic() - began}

    async def _join(self, room: asyncio.Semaphore) -> None:
        async with room:
            while True:
                loop = asyncio.get_running_loop()
                _transport, viewer = await loop.create_connection(lambda: _Viewer(self._asks), "127.0.0.1", self._port)
                try:
                    await viewer.greeted
                except ConnectionRefusedError:
                    await asyncio.sleep(1)
                else:
                    self._viewers.append(viewer)
                    return

    def told(self) -> dict[str, Any]:
        each = [viewer.ages_ns for viewer in self._viewers]
        for viewer in self._viewers:
            viewer.ages_ns = []
        ages_ms = [age_ns / 1e6 for ages_ns in each for age_ns in ages_ns]
        return {
            "rows": len(ages_ms),
            "fewest": min(map(len, each)),
            "most": max(map(len, each)),
            "p50_ms": p50(ages_ms) if ages_ms else None,
            "p99_ms": p99(ages_ms) if ages_ms else None,
        }


async def _main(port: int, token: str) -> None:
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = _Crowd(port, token)
    say({"ready": True})
    async for words in asked():
        match words.split():
            case ["join", count]:
                say(await crowd.join(int(count)))
            case _:
                say(crowd.told())


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
