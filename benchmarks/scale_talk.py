# SPDX-License-Identifier: Apache-2.0
"""A process and the children that it asks over their standard input: a line of words there, a line of JSON back."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, Self

LIMIT_S = 60.0


class Child:
    """`python -m MODULE ARGUMENTS`, started at once; its first line is its greeting. As a context it ends there."""

    def __init__(self, module: str, *arguments: str | Path, errors: IO[bytes], **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            text=True,
        )
        self.pid = self._process.pid
        self.greeting = self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_wrong: object) -> None:
        self.end()

    def ask(self, *words: object) -> dict[str, Any]:
        """Ask for something and return what the child says to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{' '.join(map(str, words))}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        """Close its input, by which it ends; kill it when it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(LIMIT_S / 4)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(LIMIT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the measurement ended: {self._process.args!r}")
        said: dict[str, Any] = json.loads(line)
        return said

    # What the kernel knows of it.

    def cpu_s(self) -> float:
        """Return how many seconds of CPU it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """Return its resident memory in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def asked() -> AsyncIterator[str]:
    """In a child: yield what it is asked, until the parent closes."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode("utf-8").strip()


def say(words: dict[str, Any]) -> None:
    """In a child: answer."""
    print(json.dumps(words), flush=True)
