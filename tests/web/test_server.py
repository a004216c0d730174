# SPDX-License-Identifier: Apache-2.0
"""The server's own socket: no connection is kept for ever, and no answer waits for an acknowledgement of its head."""

import asyncio
import socket

import pytest
from typing_extensions import override

from web import server

_MUCH = b"x" * 20_000_000


async def test_a_peer_that_takes_nothing_is_given_up_although_its_kernel_still_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_UNTAKEN_MS", 500)
    ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    class Serving(asyncio.Protocol):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(_MUCH)
            transport.close()  # asyncio still tries to send what is left

        @override
        def connection_lost(self, exc: Exception | None) -> None:
            ended.set_result(exc)

    listener = server.listening("127.0.0.1", 0)
    serving = await asyncio.get_running_loop().create_server(Serving, sock=listener)
    with socket.create_connection(listener.getsockname()):
        async with serving, asyncio.timeout(20):
            assert isinstance(await ended, TimeoutError)


async def test_the_body_of_an_answer_does_not_wait_until_its_head_is_acknowledged() -> None:
    at_once: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    class Serving(asyncio.Protocol):
        @override
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            at_once.set_result(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    listener = server.listening("127.0.0.1", 0)
    serving = await asyncio.get_running_loop().create_server(Serving, sock=listener)
    with socket.create_connection(listener.getsockname()):
        async with serving, asyncio.timeout(20):
            assert await at_once
