# SPDX-License-Identifier: Apache-2.0
"""A whole demonstration in a process of its own, with its board; faults wait for somebody at the page."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = Path(sys.executable).with_name("projectionist")
_BEGINS_S = 150
"""A busy machine takes its time for keys, servers and tables."""
_ENDS_S = 15
_TOKEN_S = 90
_BOARD = re.compile(r"board: (\S+)\s+user (\S+)\s+password (\S+)")


@dataclass(frozen=True)
class Demo:
    """Where its board is, and who may sign in there."""

    pid: int
    url: str
    user: str
    password: str
    directory: Path

    def web_pid(self) -> int:
        """Return the process that serves the board.

        Raises:
            LookupError: none does at the moment.
        """
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for child in children:
            if b"web\0serve" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        raise LookupError("no process serves the board")

    @property
    def hands(self) -> Path:
        """Where the booth takes wishes of people's hands."""
        return self.directory / "booth" / "hands.sock"

    async def token(self, scope: str) -> str:
        """Return a new token for a program."""
        process = await asyncio.create_subprocess_exec(
            *(str(_PROGRAM), "tokens", "add", "--scope", scope, "--state", str(self.directory / "state"), "wordpress"),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_TOKEN_S):
            said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode().strip()

    async def ask(self, *words: str) -> tuple[str, str]:
        """Run a `projectionist` command on its site; return what it says, and what it says is wrong."""
        asked = await asyncio.create_subprocess_exec(
            str(_PROGRAM),
            *words,
            "--state",
            str(self.directory / "state"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, wrong = await asked.communicate()
        return said.decode().strip(), " ".join(wrong.decode().split())


@asynccontextmanager
async def demo(directory: Path, *, origins: str = "", hands_off: bool = True, port: int = 0) -> AsyncIterator[Demo]:
    """Run a demonstration until the block ends; then it must end by itself, as at Ctrl-C.

    Pages of `origins` may show its board. With hands off, faults wait for somebody at a board.
    """
    options = ["--port", str(port), "--events", "socket", "--directory", str(directory)]
    process = await asyncio.create_subprocess_exec(
        *(str(_PROGRAM), "demo", *options, *(["--hands-off"] if hands_off else [])),
        env=os.environ | {"PROJECTIONIST_ORIGINS": origins},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_BEGINS_S):
            board = await _board(process.stdout)
        reading = asyncio.create_task(_drained(process.stdout))
        yield Demo(process.pid, *board, directory)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(_ENDS_S):
            await process.wait()
            await reading
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _board(lines: asyncio.StreamReader) -> tuple[str, str, str]:
    said = ""
    while line := (await lines.readline()).decode():
        said += line
        if found := _BOARD.search(line):
            return found[1], found[2], found[3]
    raise AssertionError(f"the demonstration ended before its board was there:\n{said}")


async def _drained(lines: asyncio.StreamReader) -> None:
    while await lines.readline():
        pass
