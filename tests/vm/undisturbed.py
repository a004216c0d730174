# SPDX-License-Identifier: Apache-2.0
"""A guest that gets its processor whenever it wants it: what is measured then is the guest, not who else runs here."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm.guest import Guest


@contextmanager
def undisturbed(guest: Guest) -> Iterator[None]:
    """Within it the guest's QEMU goes before all that is not urgent; without the right to it nothing changes."""
    threads = [int(task.name) for task in Path(f"/proc/{_pid(guest)}/task").iterdir()]
    _schedule(threads, os.SCHED_FIFO, 1)
    try:
        yield
    finally:
        _schedule(threads, os.SCHED_OTHER, 0)


def _pid(guest: Guest) -> int:
    """Return QEMU's own number, by that of the thread which is the guest's processor."""
    told = re.search(r"'thread-id': (\d+)", str(guest.machine.qmp.execute("query-cpus-fast")))
    assert told, "QEMU does not tell its threads"
    status = Path(f"/proc/{told[1]}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Tgid:"))


def _schedule(threads: list[int], policy: int, priority: int) -> None:
    for thread in threads:
        try:
            os.sched_setscheduler(thread, policy, os.sched_param(priority))
        except (PermissionError, ProcessLookupError):
            continue
