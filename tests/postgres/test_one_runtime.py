# SPDX-License-Identifier: Apache-2.0
"""One runtime a site, also where another machine reaches the same database: here, another state directory."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.store.errors import LogNotWritable, SiteLocked
from adapters.store.lock import SiteLock
from tests.support.postgres import end_sessions
from tests.support.store import draft

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter

_HOLDING = (
    "import sys; from pathlib import Path; from adapters.store.lock import SiteLock\n"
    "lock = SiteLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The state directory of another machine."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    return tmp_path / "elsewhere"


@pytest.fixture
def lock(state: Path) -> Iterator[SiteLock]:
    with SiteLock(state) as held:
        yield held


@pytest.fixture
def writer(state: Path, lock: SiteLock) -> Iterator["LogWriter"]:
    """The log of the runtime that has the lock."""
    from adapters.store.writer import LogWriter

    made = LogWriter(state)
    made.start()
    yield made
    made.close()


def test_another_machines_runtime_is_refused_by_the_name_of_the_first(state: Path, elsewhere: Path) -> None:
    named = rf"runs on this site already \(projectionist .* pid {os.getpid()}\)"
    with SiteLock(state), pytest.raises(SiteLocked, match=named):
        SiteLock(elsewhere).acquire()
    with SiteLock(elsewhere):  # neither the refused one nor the first one has left anything locked
        pass


def test_a_killed_runtime_holds_nothing_any_more(state: Path, elsewhere: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDING, str(elsewhere)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SiteLocked, match=f"pid {holder.pid}"):
            SiteLock(state).acquire()
        holder.kill()
        holder.wait(10)
        with SiteLock(state):
            pass


def test_a_runtime_whose_sessions_were_cut_still_keeps_others_away_by_its_log(
    elsewhere: Path, writer: "LogWriter"
) -> None:
    writer.append(draft(n=1))
    assert end_sessions() >= 2
    writer.append(draft(n=2))
    writer_goes_on(writer)
    with pytest.raises(SiteLocked):
        SiteLock(elsewhere).acquire()


def test_the_log_has_one_writer(state: Path, elsewhere: Path, writer: "LogWriter") -> None:
    from adapters.store.writer import LogWriter

    with pytest.raises(LogNotWritable, match=rf"another runtime writes it \(projectionist .* pid {os.getpid()}\)"):
        LogWriter(elsewhere).start()
    writer.append(draft(n=1))
    writer_goes_on(writer)


def writer_goes_on(writer: "LogWriter") -> None:
    asyncio.run(writer.flush(10))
