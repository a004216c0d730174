# SPDX-License-Identifier: Apache-2.0
"""A booth's process, its attribute trees and its sockets, as a controller and people meet them."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from adapters.booth.plan import BoothPlan, BoothReady
from statemachines.snapshot import Snapshot, parse_snapshot

LIMIT_S = 10.0


async def eventually(holds: Callable[[], bool]) -> None:
    """Look a hundred times a second until it holds; fail after the limit."""
    for _ in range(round(LIMIT_S * 100)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


class TreeClient:
    """One controller of one device, through its FIFOs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.seq = 0
        self._result = os.open(directory / "result", os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._result)

    def write(self, attribute: str, text: str) -> None:
        fd = os.open(self.directory / attribute, os.O_WRONLY | os.O_NONBLOCK)
        os.write(fd, text.encode())
        os.close(fd)

    async def ask(self, attribute: str, line: str) -> str:
        """Write a line and return the next line of `result`."""
        self.write(attribute, f"{line}\n")
        readable = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._result, readable.set)
        try:
            async with asyncio.timeout(LIMIT_S):
                await readable.wait()
        finally:
            loop.remove_reader(self._result)
        return os.read(self._result, 512).decode().strip()

    async def claim(self, controller: str = "tester") -> None:
        assert await self.ask("claim", f"1 1 {controller} 0") == "1 1 0 ok"

    async def command(self, *words: str) -> str:
        """Send the next command and return its result."""
        self.seq += 1
        fence, gen, seq, result = (await self.ask("command", f"1 1 {self.seq} {' '.join(words)}")).split()
        assert (fence, gen, seq) == ("1", "1", str(self.seq))
        return result

    def ping(self) -> None:
        self.write("lease", "1 1\n")

    def snapshot(self) -> Snapshot:
        return parse_snapshot((self.directory / "snapshot").read_text())

    def ring(self, name: str = "ring") -> list[list[str]]:
        return [line.split() for line in (self.directory / name).read_text().splitlines()]


@contextlib.asynccontextmanager
async def controlled(directory: Path) -> AsyncIterator[TreeClient]:
    """Claim a device and feed its lease once a second."""
    client = TreeClient(directory)

    async def ping_on() -> None:
        while True:
            client.ping()
            await asyncio.sleep(1)

    await client.claim()
    pings = asyncio.create_task(ping_on())
    try:
        yield client
    finally:
        pings.cancel()
        await asyncio.wait([pings])
        client.close()


class Hands:
    """A person at the control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def __call__(self, line: str) -> str:
        self._writer.write(f"{line}\n".encode())
        async with asyncio.timeout(LIMIT_S):
            return (await self._reader.readline()).decode().strip()


@contextlib.asynccontextmanager
async def hands_at(path: str | Path) -> AsyncIterator[Hands]:
    """Connect to a booth's hands."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield Hands(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


class Lines:
    """Events as they come over the socket, each as a dict of its keys."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self.heard: list[dict[str, str]] = []

    async def until(self, **keys: str) -> dict[str, str]:
        """Return the next event that has all these keys."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                line = (await self._reader.readline()).decode()
                event = dict(word.split("=", 1) for word in line.split())
                self.heard.append(event)
                if keys.items() <= event.items():
                    return event


@contextlib.asynccontextmanager
async def lines_at(path: str | Path) -> AsyncIterator[Lines]:
    """Listen to a booth's events; begins after the first one heard, for then nothing more is missed."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        lines = Lines(reader)
        await lines.until()
        lines.heard.clear()
        yield lines
    finally:
        writer.close()
        await writer.wait_closed()


class BoothProcess:
    """A running booth; `ready` is what it told."""

    def __init__(self, process: asyncio.subprocess.Process, ready: BoothReady) -> None:
        self.process = process
        self.ready = ready

    def tree(self, name: str) -> Path:
        return Path(self.ready.devices) / name

    async def end(self) -> int:
        """Ask it to end and return its exit status."""
        self.process.terminate()
        async with asyncio.timeout(LIMIT_S):
            return await self.process.wait()


def written_plan(directory: Path, plan: BoothPlan) -> Path:
    path = directory / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    return path


async def spawn(path: Path) -> asyncio.subprocess.Process:
    """Start a booth on a plan's file."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "adapters.booth", str(path), stdout=pipe, stderr=pipe
    )


@contextlib.asynccontextmanager
async def booth_process(directory: Path, plan: BoothPlan) -> AsyncIterator[BoothProcess]:
    """Run a booth; it is killed at the end if it still lives."""
    process = await spawn(written_plan(directory, plan))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            line = await process.stdout.readline()
        yield BoothProcess(process, msgspec.json.decode(line, type=BoothReady))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def shown(answer: str) -> Snapshot:
    """Return the projection snapshot in the answer to `show`."""
    return parse_snapshot(json.loads(answer)["projection"])
