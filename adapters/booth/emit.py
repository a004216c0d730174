# SPDX-License-Identifier: Apache-2.0
"""How a booth's events leave it: as real uevents that the kernel sends, or as lines over a Unix socket."""

import asyncio
import os
import socket
from pathlib import Path
from typing import Protocol, cast
from uuid import uuid4

from typing_extensions import override

from adapters.booth.errors import BoothRefused

SUBSYSTEM = "mem"
UEVENT_FILE = Path("/sys/class/mem/null/uevent")
"""A device that every kernel has and nobody minds: writing here makes the kernel send a uevent in its name."""

UEVENT_GROUP = 1
NETLINK_KOBJECT_UEVENT = 15
PROBE_LIMIT_S = 1.0
MESSAGE_BYTES = 8192
BACKLOG_BYTES = 256 * 1024
"""A client with more than this waiting for it loses events."""


class Emitter(Protocol):
    """One way out. `lost` counts events that did not leave; `uuid` is empty where events carry none."""

    way: str
    uuid: str
    lost: int

    def send(self, keys: str) -> None:
        """Send one event, given as `KEY=value` words with one space between. Never waits, never raises."""

    async def close(self) -> None:
        """Send no more."""


class UeventEmitter:
    """Has the kernel send each event, marked with this booth's own `uuid`; the keys arrive as SYNTH_ARG_KEY."""

    way = "uevents"

    def __init__(self) -> None:
        self.uuid = str(uuid4())
        self.lost = 0
        self._fd = os.open(UEVENT_FILE, os.O_WRONLY | os.O_CLOEXEC)

    def send(self, keys: str) -> None:
        try:
            os.write(self._fd, f"change {self.uuid} {keys}".encode("ascii"))
        except OSError:
            self.lost += 1

    async def close(self) -> None:
        os.close(self._fd)


class LineEmitter:
    """Sends each event as a line to every client of a Unix stream socket."""

    way = "socket"
    uuid = ""

    def __init__(self) -> None:
        self.lost = 0
        self._clients: set[_Client] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path) -> None:
        """Accept clients at `path`, which must not be there. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Client(self._clients), path)

    def send(self, keys: str) -> None:
        line = f"{keys}\n".encode("ascii")
        self.lost += sum(not client.take(line) for client in self._clients)

    async def close(self) -> None:
        for client in tuple(self._clients):
            client.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


class _Client(asyncio.Protocol):
    """Somebody who listens; what it says is ignored."""

    def __init__(self, clients: "set[_Client]") -> None:
        self._clients = clients
        self._transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._clients.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._clients.discard(self)

    def take(self, line: bytes) -> bool:
        """Queue a line; False when too much is waiting."""
        if self._transport is None or self._transport.get_write_buffer_size() + len(line) > BACKLOG_BYTES:
            return False
        self._transport.write(line)
        return True

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def comes_back(emitter: UeventEmitter, limit_s: float = PROBE_LIMIT_S) -> bool:
    """Tell whether an event that is sent is also heard, by listening to the kernel while one is sent."""
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_NETLINK, kind, NETLINK_KOBJECT_UEVENT) as ear:
        ear.bind((0, UEVENT_GROUP))
        emitter.send("EVENT=probe")
        mark = f"SYNTH_UUID={emitter.uuid}".encode("ascii")
        try:
            async with asyncio.timeout(limit_s):
                while mark not in await loop.sock_recv(ear, MESSAGE_BYTES):
                    pass
        except (TimeoutError, OSError):
            return False
    return True


async def open_emitter(way: str, path: Path) -> Emitter:
    """Open the way `uevents`, `socket` or `auto`: uevents where a probe comes back, else lines at `path`.

    Raises:
        BoothRefused: uevents were asked for and cannot be sent and heard here.
    """
    if way != "socket":
        emitter = await _open_uevents()
        if emitter is not None:
            return emitter
        if way == "uevents":
            raise BoothRefused(f"no uevent written to {UEVENT_FILE} comes back: run as root, or choose 'socket'")
    lines = LineEmitter()
    await lines.listen(path)
    return lines


async def _open_uevents() -> UeventEmitter | None:
    try:
        emitter = UeventEmitter()
    except OSError:
        return None
    try:
        heard = await comes_back(emitter)
    except OSError:
        heard = False
    if not heard:
        await emitter.close()
    emitter.lost = 0
    return emitter if heard else None
