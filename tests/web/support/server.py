# SPDX-License-Identifier: Apache-2.0
"""A real web process on a free port, and viewers of its stream."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port


class WebProcess:
    """`python -m web serve` for a state directory; `said` is all that it wrote."""

    def __init__(self, state: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = state.parent / "web.log"
        self._environment = os.environ | {"PROJECTIONIST_STATE": str(state)} | environment
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "web", "serve", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        limit = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"{self.url}/api/v1/health").raise_for_status()
                return
            except httpx.TransportError:
                assert self._child.poll() is None, self.said
                assert time.monotonic() < limit, self.said
                time.sleep(0.05)

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """As by kill -9."""
        assert self._child is not None
        self._child.kill()
        self._child.wait(5)

    def stop(self) -> float:
        """Ask it to end, as systemd does; return how many seconds that took."""
        assert self._child is not None
        began = time.monotonic()
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(10)
        return time.monotonic() - began

    def close(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self.kill()


@dataclass(frozen=True)
class Said:
    """One event of the stream."""

    name: str
    id: int
    data: dict[str, Any]


class Viewer:
    """One open connection to the stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.headers = answer.headers
        self._lines = answer.iter_lines()

    def events(self) -> Iterator[Said]:
        """Yield what comes until the connection ends, however it ends. Comments and retry are passed over."""
        told: dict[str, str] = {}
        try:
            for line in self._lines:
                name, colon, value = line.partition(": ")
                if colon:
                    told[name] = value
                elif not line and "event" in told:
                    yield Said(told["event"], int(told["id"]), json.loads(told["data"]))
                    told = {}
        except httpx.RemoteProtocolError:  # the server was killed
            return

    def next(self, name: str) -> Said:
        """Return the next event of that name."""
        return next(said for said in self.events() if said.name == name)

    def positions(self, upto: int) -> list[int]:
        """Return the positions of all rows that come, until the one that is asked for."""
        found: list[int] = []
        for said in self.events():
            if said.name == "rows":
                found += [event["pos"] for event in said.data["events"]]
                assert said.id == found[-1]
            if upto in found:
                return found
        raise AssertionError(f"the stream ended before {upto}: {found}")


@contextmanager
def watching(url: str, headers: dict[str, str] | None = None, **parameters: object) -> Iterator[Viewer]:
    """Open the stream."""
    limits = httpx.Timeout(10.0)
    told = {name: str(value) for name, value in parameters.items()}
    with (
        httpx.Client(timeout=limits) as client,
        client.stream("GET", f"{url}/api/v1/stream", headers=headers, params=told) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield Viewer(answer)
