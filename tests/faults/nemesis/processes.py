# SPDX-License-Identifier: Apache-2.0
"""Processes killed or stopped, by the pids of those that a test started and of their children."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.nemesis.deeds import Deeds


def family(*roots: int) -> list[int]:
    """Return these processes and all their descendants, parents first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            parent = int(stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(roots)
    for pid in found:
        found += children.get(pid, ())
    return found


def running(pids: Iterable[int], script: str) -> list[int]:
    """Return those of the processes that run a script of this name, such as `reel-agent`."""
    return [pid for pid in pids if script in (Path(word).name for word in _arguments(pid))]


def _arguments(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    return []


def kill(deeds: Deeds, what: str, *pids: int) -> None:
    """kill -9."""
    deeds.note(f"kill -9 {what} {list(pids)}")
    _signal(pids, signal.SIGKILL)


@contextmanager
def stopped(deeds: Deeds, what: str, *roots: int) -> Iterator[None]:
    """SIGSTOP processes and their descendants; SIGCONT at the end, whatever happens."""
    pids = family(*roots)
    with deeds.lasting(f"SIGSTOP {what} {pids}"):
        try:
            _signal(pids, signal.SIGSTOP)
            yield
        finally:
            _signal(pids, signal.SIGCONT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
