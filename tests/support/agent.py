# SPDX-License-Identifier: Apache-2.0
"""An agent in a subprocess with pipes, as a force-command would start it."""

import os
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

AGENT = Path(__file__).parents[2] / "adapters" / "ssh" / "agent" / "reel-agent"
SHELLS = {"dash": ("/bin/dash",), "busybox": ("busybox", "sh")}
LIMIT_S = 20.0


class Agent:
    """`with Agent("dash", conf) as agent: agent.ask("ping 1")`. Whatever takes over `LIMIT_S` is an AssertionError."""

    def __init__(self, shell: str, conf: Path, hall: str = "alpha", role: str = "projection") -> None:
        self.process = subprocess.Popen(
            [*SHELLS[shell], AGENT, hall, role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"REEL_AGENT_CONF": str(conf), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
            cwd=conf.parent,
            bufsize=0,
        )
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        self._in, self._out, self._err = self.process.stdin, self.process.stdout, self.process.stderr
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(LIMIT_S)
        for pipe in (self._in, self._out, self._err):
            pipe.close()

    def send(self, data: bytes) -> None:
        self._in.write(data)

    def line(self, limit_s: float = LIMIT_S) -> str:
        """Return the next line of its output without the LF; '' at the end of the output."""
        ends_at = time.monotonic() + limit_s
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._out], [], [], max(0.0, ends_at - time.monotonic()))
            assert ready, f"no answer within {limit_s} s"
            data = os.read(self._out.fileno(), 65536)
            if not data:
                return ""
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line.decode("ascii")

    def ask(self, request: str | bytes) -> str:
        """Send one line and return the first line of its answer."""
        self.send((request.encode() if isinstance(request, str) else request) + b"\n")
        return self.line()

    def is_mute(self, for_s: float) -> bool:
        """Tell whether nothing comes for this long."""
        return not self._read and not select.select([self._out], [], [], for_s)[0]

    def hello(self, gen: int = 1, *, fence: int = 1, controller: str = "ctl", seq: int = 0) -> str:
        return self.ask(f"hello 1 alpha projection {fence} {gen} {controller} {seq}")

    def close_input(self) -> None:
        self._in.close()

    def status(self) -> int:
        """Wait for its end and return its exit status (negative: a signal)."""
        return self.process.wait(LIMIT_S)

    def complaint(self) -> str:
        """Return what it said on standard error until its end."""
        return self._err.read().decode()
