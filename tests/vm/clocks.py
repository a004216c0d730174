# SPDX-License-Identifier: Apache-2.0
"""The guest's monotonic clock set against this machine's, so that an interrupt there and a row here can be compared."""

import subprocess
import time
from dataclasses import dataclass

from tests.vm.guest import Guest
from tests.vm.programs import static_program

_ROUNDS = 300
_THERE = "/root/clock"


@dataclass(frozen=True, slots=True)
class Reading:
    """At `host_ns` (wall) the guest's clock stood at `guest_ns`, give or take `error_ns`."""

    host_ns: int
    guest_ns: int
    error_ns: int


@dataclass(frozen=True, slots=True)
class GuestClock:
    """Two readings, and what lies between and around them on a straight line."""

    first: Reading
    last: Reading

    @property
    def error_ns(self) -> int:
        return max(self.first.error_ns, self.last.error_ns)

    def host_ns(self, guest_ns: int) -> int:
        """Return this machine's time at that time of the guest."""
        ours, theirs = self.last.host_ns - self.first.host_ns, self.last.guest_ns - self.first.guest_ns
        return self.first.host_ns + (guest_ns - self.first.guest_ns) * ours // theirs


def read_clock(guest: Guest) -> Reading:
    """Ask the guest's clock some hundred times over ssh; the quickest answer says most."""
    guest.sh(f"rm -f {_THERE}")
    guest.put(static_program("clock"), _THERE)
    asking = subprocess.Popen(
        guest.ssh_words(_THERE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert asking.stdin is not None
    assert asking.stdout is not None
    try:
        best = Reading(0, 0, 1 << 62)
        for _ in range(_ROUNDS):
            before = time.time_ns()
            asking.stdin.write(b"\n")
            asking.stdin.flush()
            answer = int(asking.stdout.readline())
            after = time.time_ns()
            best = min(
                best, Reading((before + after) // 2, answer, (after - before) // 2), key=lambda each: each.error_ns
            )
        return best
    finally:
        asking.communicate(timeout=10)
