# SPDX-License-Identifier: Apache-2.0
"""The demonstration's board: served beside the halls, begun again when it dies, ended with them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("projectionist")


class Demo:
    """A demonstration that is read line by line."""

    def __init__(self, directory: Path, *more: str) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, "demo", "--directory", directory / "demo", "--events", "socket", "--port", "0", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.told = ""

    def until(self, words: str) -> re.Match[str]:
        """Read on until a line matches."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told += line
            if found := re.search(words, line):
                return found
        raise AssertionError(f"it never said {words!r}:\n{self.told}")

    def interrupt(self) -> tuple[int, float]:
        """Press Ctrl-C; return the status and how long it took in s."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        self.told += self._process.communicate(timeout=15)[0]
        return self._process.returncode, time.monotonic() - began

    def children(self) -> list[int]:
        """Return the pids of its web processes."""
        pid = self._process.pid
        found = []
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            found += [int(child)] if b"web" in command and b"serve" in command else []
        return found

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path)
    yield made
    made.kill()


def health(address: str) -> object:
    with urllib.request.urlopen(f"{address}/api/v1/health", timeout=5) as answer:  # noqa: S310  # our own address
        return json.load(answer)


def log_in(address: str, user: str, password: str) -> int:
    """Log in as a browser does; return the status of the halls' list."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(f"{address}/login", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None, page
    form = f"csrfmiddlewaretoken={token[1]}&username={user}&password={password}"
    opener.open(urllib.request.Request(f"{address}/login", form.encode()), timeout=10).close()  # noqa: S310
    with opener.open(f"{address}/api/v1/halls", timeout=10) as answer:
        return int(answer.status)


@pytest.mark.slow
def test_the_board_is_served_survives_its_own_death_and_ends_with_the_demonstration(demo: Demo) -> None:
    told = demo.until(r"board: (http://127\.0\.0\.1:\d+)  user (\S+)  password (\S+)")
    address, user, password = told.groups()
    assert health(address) == {"web": "ok"}
    assert log_in(address, user, password) == 200

    (web,) = demo.children()
    os.kill(web, signal.SIGKILL)
    demo.until("the board ended with -9, and is begun again")
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        try:
            assert health(address) == {"web": "ok"}
            break
        except urllib.error.URLError:
            time.sleep(0.2)
    assert log_in(address, user, password) == 200
    demo.until("threading → projecting")
    (again,) = demo.children()
    assert again != web

    status, took_s = demo.interrupt()
    assert status == 0, demo.told
    assert took_s < 5
    assert not Path(f"/proc/{again}").exists()


def test_a_port_that_is_taken_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [PROGRAM, "demo", "--directory", tmp_path / "demo", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 2
    assert f"port {port} of this machine is taken" in done.stderr
    assert not (tmp_path / "demo").exists()
