# SPDX-License-Identifier: Apache-2.0
"""A watch link: one channel on which a server streams its kernel events, and on which we never write.

Nobody pings an agent here: that the server still lives is asked of its sshd, by keepalives.
"""

import asyncio
import re
from collections.abc import Callable

import asyncssh
from typing_extensions import override

from adapters.ssh.connect import closed_within, open_session
from adapters.ssh.credential import Credential, Order
from adapters.ssh.errors import LinkError, LinkLost, readable
from adapters.ssh.hostkeys import ServerAddress

WATCH_PRINCIPAL = "reel-watch"
UDEVADM = "/usr/bin/udevadm"
"""Where Debian has it: the certificate must name exactly what the server's own list of principals names."""

_TIMEOUT = "/usr/bin/timeout"
MONITOR_MOST_S = 3700
"""More than any certificate's life. sshd does not end a command whose connection is gone, and a monitor notices it only
when it writes: where the kernel says nothing, one would stay behind each link that was left."""

KEEPALIVE_S = 1.5
KEEPALIVES_LOST = 2
"""With the one above: a server that fell silent is found 4.5 s after its last word."""

_SUBSYSTEM = re.compile(r"[a-z0-9_-]{1,32}")
_MAX_COMPLAINT = 4096
"""Bytes of standard error; people are told the first 200 characters when the monitor ends."""
_NOT_THERE = 127


def watch_command(subsystem: str = "reel") -> str:
    """Return the force-command of watch certificates: it streams the events of one kernel subsystem, and reads nothing.

    Raises:
        ValueError: no name of a subsystem.
    """
    if not _SUBSYSTEM.fullmatch(subsystem):
        raise ValueError(f"a kernel subsystem is {_SUBSYSTEM.pattern}, not {subsystem!r}")
    return f"{_TIMEOUT} {MONITOR_MOST_S} {UDEVADM} monitor --kernel --property --subsystem-match={subsystem}"


def watch_order(server: str, command: str, source_address: tuple[str, ...], life_s: int) -> Order:
    """Order the certificate of a watch link: it is good for nothing but listening."""
    return Order(
        hall=server,
        role="watch",
        principal=WATCH_PRINCIPAL,
        force_command=command,
        source_address=source_address,
        life_s=life_s,
    )


class _Channel(asyncssh.SSHClientSession[bytes]):
    """Passes on what the monitor writes, and how it ended."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.closed: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._take = take
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._status: int | None = None
        self._complaint = b""

    @override
    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    @override
    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self.closed.done():
            return
        if datatype is None:
            self._take(data)
        elif len(self._complaint) < _MAX_COMPLAINT:
            self._complaint += data[:_MAX_COMPLAINT]
        else:
            self.end(LinkLost("udevadm does not stop complaining on its standard error"))

    @override
    def exit_status_received(self, status: int) -> None:
        self._status = status

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.end(LinkLost(self._why(exc)))

    def end(self, reason: LinkError) -> None:
        """End for this reason, the first one counts; the connection carries nothing else and ends too."""
        if not self.closed.done():
            self.closed.set_result(reason)
            if self._channel is not None:
                self._channel.get_connection().close()

    def _why(self, exc: Exception | None) -> str:
        if exc is not None:
            return readable(str(exc)) or type(exc).__name__
        if self._status is None:
            return "the server closed the channel"
        if self._status == _NOT_THERE:
            return f"there is no {UDEVADM} on the server (status {_NOT_THERE})"
        said = readable(self._complaint.decode("ascii", "replace"))
        return f"udevadm ended with status {self._status}{': ' if said else ''}{said}"


class WatchLink:
    """An open watch link. What it hears goes to the `take` that it was opened with, until it is closed."""

    def __init__(self, connection: asyncssh.SSHClientConnection, channel: _Channel) -> None:
        self._connection, self._channel = connection, channel

    @property
    def closed(self) -> asyncio.Future[LinkError]:
        """Return a future that gives the reason once the link has ended; free to cancel."""
        return asyncio.shield(self._channel.closed)

    async def close(self, limit_s: float) -> None:
        """Close in good order, and by force after `limit_s` seconds. Never raises and never hangs."""
        self._channel.end(LinkLost("closed by us"))
        await closed_within(self._connection, limit_s)


async def open_watch(
    address: ServerAddress, credential: Credential, take: Callable[[bytes], None], *, limit_s: float
) -> WatchLink:
    """Connect, authenticate and have the server's monitor started, all within `limit_s` seconds.

    `take` is called on the event loop with bytes as they come, the first perhaps before this returns. That the
    monitor listens is what it says itself: see `adapters.kernel.udevadm`.

    Raises:
        CredentialRefused, HostKeyRefused, Unreachable: see `open_connection`.
        ValueError: the configured host keys cannot be read.
    """
    channel = _Channel(take)
    connection = await open_session(address, credential, channel, "reel-watch", limit_s=limit_s)
    connection.set_keepalive(KEEPALIVE_S, KEEPALIVES_LOST)
    return WatchLink(connection, channel)
