# SPDX-License-Identifier: Apache-2.0
"""Servers and agents that do what they must not: each costs one typed error, and neither time nor memory."""

import asyncio
import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncssh
import pytest

from adapters.ssh.errors import AgentMisbehaved, LinkError, LinkLost, Unreachable
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.link import open_link
from tests.support.ports import free_port
from tests.support.ssh import LIMIT_S, agent_server, mint

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


@asynccontextmanager
async def tcp_peer(talk: Peer) -> AsyncIterator[ServerAddress]:
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await talk(reader, writer)
            writer.close()
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield ServerAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1], host_keys=(KEY,))
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*talks)


async def test_a_closed_port() -> None:
    port = free_port()
    with pytest.raises(Unreachable, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        await open_link(ServerAddress(host="127.0.0.1", port=port, host_keys=(KEY,)), mint(), limit_s=LIMIT_S)


async def test_a_server_that_accepts_and_says_nothing() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tcp_peer(mute) as address, asyncio.timeout(LIMIT_S):
        with pytest.raises(Unreachable, match=r"no session within 0\.3 s"):
            await open_link(address, mint(), limit_s=0.3)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100_000, b"Exceeded MaxStartups\r\n"])
async def test_a_server_that_is_no_ssh_server(said: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    async with tcp_peer(answer) as address, asyncio.timeout(LIMIT_S):
        with pytest.raises(Unreachable):
            await open_link(address, mint(), limit_s=LIMIT_S)


async def test_a_name_that_nobody_has() -> None:
    with pytest.raises(Unreachable):
        await open_link(ServerAddress(host="no..name", host_keys=(KEY,)), mint(), limit_s=LIMIT_S)


async def test_a_session_without_an_agent_is_lost_with_what_the_server_said() -> None:
    async def nobody(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stderr.write(b"sh: 1: reel-agent:\x1b[2J not found\n")
        process.exit(127)

    async with agent_server(nobody) as address, asyncio.timeout(LIMIT_S):
        link = await open_link(address, mint(), limit_s=LIMIT_S)
        assert str(await link.closed) == "link lost: the agent ended with status 127: sh: 1: reel-agent: [2J not found"
        await link.close(1.0)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"pong 999\n", "expected pong 1"),
        (b"\x1b[2Jpong 1\n", "printable ASCII"),
        (b"pong 1\npong 1\n", "nobody asked"),
        (b"error line\n", "expected pong 1"),
        (b"x" * 600, "more than 512"),
    ],
)
async def test_an_agent_that_says_what_it_must_not(said: bytes, detail: str) -> None:
    hung_up = asyncio.Event()

    async def agent(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await process.stdin.readline()
        process.stdout.write(said)
        await process.channel.wait_closed()
        hung_up.set()

    async with agent_server(agent) as address, asyncio.timeout(LIMIT_S):
        link = await open_link(address, mint(), limit_s=LIMIT_S)
        pinging = asyncio.create_task(link.ping(LIMIT_S))
        reason = await link.closed
        assert isinstance(reason, AgentMisbehaved)
        assert detail in str(reason)
        outcome = (await asyncio.gather(pinging, return_exceptions=True))[0]
        assert isinstance(outcome, int | LinkLost)
        await hung_up.wait()  # the link ends by itself, before its owner closes it
        await link.close(1.0)


@pytest.mark.parametrize(
    ("stream", "chunk"),
    [("stdout", b"x" * 65_536), ("stdout", b"ok 1\n" * 10_000), ("stderr", b"x" * 65_536)],
    ids=["one line", "many answers", "standard error"],
)
async def test_an_agent_that_never_stops_talking_fills_no_memory(stream: str, chunk: bytes) -> None:
    async def flood(process: asyncssh.SSHServerProcess[bytes]) -> None:
        writer = {"stdout": process.stdout, "stderr": process.stderr}[stream]
        while not process.is_closing():
            writer.write(chunk)
            await writer.drain()

    async with agent_server(flood) as address, asyncio.timeout(LIMIT_S):
        tracemalloc.start()
        try:
            link = await open_link(address, mint(), limit_s=LIMIT_S)
            reason: LinkError = await link.closed
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert isinstance(reason, AgentMisbehaved)
        assert peak < 16 * 2**20  # the flooding server's own buffers are in it
        await link.close(1.0)


async def test_a_server_that_does_not_close_is_left_after_the_limit() -> None:
    async def agent(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await process.stdin.read()

    async with agent_server(agent) as address, asyncio.timeout(LIMIT_S):
        link = await open_link(address, mint(), limit_s=LIMIT_S)
        began = asyncio.get_running_loop().time()
        await link.close(0.0)
        assert asyncio.get_running_loop().time() - began < 1.0
        assert str(await link.closed) == "link lost: closed by us"


async def test_giving_up_a_connect_leaves_nothing_open() -> None:
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        gone.set()

    async with tcp_peer(watch) as address, asyncio.timeout(LIMIT_S):
        opening = asyncio.create_task(open_link(address, mint(), limit_s=LIMIT_S))
        await arrived.wait()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await gone.wait()
