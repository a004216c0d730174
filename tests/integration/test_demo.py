# SPDX-License-Identifier: Apache-2.0
"""`projectionist demo` as whoever cloned the repository runs it: a minute without root, and Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store.site import open_site
from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role

PROGRAM = Path(sys.executable).with_name("projectionist")
AS_NOBODY = (
    "setpriv",
    "--reuid=nobody",
    "--regid=nogroup",
    "--clear-groups",
    # Read only: Python and the checkout may lie where nobody else may look. Nothing of root's can be written.
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search",
)
HALLS = ("h1", "h2", "h3", "h4")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that a demonstration without root may use: pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="projectionist-demo-"))
    if os.geteuid() == 0:
        shutil.chown(made, "nobody", "nogroup")
    yield made
    shutil.rmtree(made)


def without_root() -> tuple[str, ...]:
    """Return what makes a command run without privilege; nothing where the tests have none themselves."""
    return AS_NOBODY if os.geteuid() == 0 else ()


def rows(state: Path, hall: str) -> list[Record]:
    open_site(state)
    from adapters.store.selectors import records

    return list(records(stream=hall))


def path_of(log: list[Record]) -> str:
    """Return the states that a hall went through, as their first letters."""
    path = "i"
    for row in log:
        if row.subject == HALL and not path.endswith(row.after[0]):
            path += row.after[0]
    return path


def commands(log: list[Record]) -> list[tuple[str, int]]:
    effects = (effect for row in log for effect in row.effects)
    return [(effect["role"], effect["cmd_seq"]) for effect in effects if effect["do"] == "command"]


def answers(log: list[Record]) -> list[tuple[str, int]]:
    done = (row.payload for row in log if row.kind == "command_done")
    return [(payload["role"], payload["cmd_seq"]) for payload in done]


def one_hall_is_whole(log: list[Record]) -> None:
    assert re.search("itp[tpf]*r[tp]*i", path_of(log)), path_of(log)
    for role in Role:
        assert any(row.subject == f"session:{role}" and row.edge.endswith(":link_rotated") for row in log)
    assert commands(log)
    assert sorted(answers(log)) == commands(log) or sorted(answers(log)) == sorted(commands(log))
    assert len(set(answers(log))) == len(answers(log))
    assert not [row for row in log if row.kind == "events_lost"]


@pytest.mark.slow
def test_a_minute_without_root(directory: Path) -> None:
    demo = subprocess.run(
        [*without_root(), PROGRAM, "demo", "--for", "60", "--directory", directory / "demo", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd="/",
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    assert "everything is in order" in demo.stdout
    assert "lost for good: 0" in demo.stdout
    assert "lines over a Unix socket" in demo.stdout

    state = directory / "demo" / "state"
    logs = {hall: rows(state, hall) for hall in HALLS}
    for log in logs.values():
        one_hall_is_whole(log)
    broken = logs["h2"]
    assert any(row.kind == "film_broke" and row.verdict == "transition" for row in broken)
    asked = [row.payload["verb"] for row in broken if row.kind == "operator_requested" and row.verdict != "refusal"]
    assert asked[:2] == ["acknowledge", "reset"]
    for command in (("log", "verify", "--state", state), ("replay", state)):
        done = subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.real_uevents
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may have the kernel send uevents")
def test_ctrl_c_ends_it_within_five_seconds(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [PROGRAM, "demo", "--directory", tmp_path / "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert demo.stdout is not None
        told = ""
        for line in demo.stdout:
            told += line
            if "threading → projecting" in line:
                break
        began = time.monotonic()
        demo.send_signal(signal.SIGINT)
        told += demo.communicate(timeout=10)[0]
        assert time.monotonic() - began < 5
        assert demo.returncode == 0, told
        assert "real uevents through netlink" in told
        assert "Traceback" not in told
        log = rows(tmp_path / "demo" / "state", "h1")
        assert sorted(answers(log)) == sorted(commands(log)) != []
    finally:
        demo.kill()
        demo.wait(10)
