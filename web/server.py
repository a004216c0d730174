# SPDX-License-Identifier: Apache-2.0
"""The server process: uvicorn, made fit for many connections that stay."""

import resource
import socket

import uvicorn
from typing_extensions import override

from web.stream.app import StreamApp

_UNTAKEN_MS = 30_000
"""After this long without taking a byte a peer is gone, however politely it says that its buffer is full."""


class _Server(uvicorn.Server):
    """Uvicorn waits for its connections before it tells the application that it ends: ours end when told."""

    def __init__(self, config: uvicorn.Config, app: StreamApp) -> None:
        super().__init__(config)
        self._app = app

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.close()
        await super().shutdown(sockets)


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes a free one.

    Raises:
        OSError: the port is taken, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Accepted ones inherit both. asyncio would set the second by itself, but only on sockets that name their protocol;
    # without it the body of an answer waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MS)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(app: StreamApp, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; viewers are told, requests have 3 s to end."""
    _allow_many_files()
    config = uvicorn.Config(
        app,
        access_log=False,  # it would write stream tickets down
        server_header=False,
        timeout_graceful_shutdown=3,
        lifespan="on",
        log_config=None,  # `python -m web` has set it up
    )
    _Server(config, app).run(sockets=[listener])


def _allow_many_files() -> None:
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
