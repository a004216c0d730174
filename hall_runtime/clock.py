# SPDX-License-Identifier: Apache-2.0
"""The runtime's time: a wall anchor plus the monotonic clock, so that no stream ever runs backwards."""

import time
from collections.abc import Callable

STEP_NS = 5_000_000_000
"""A wall clock that moved by more than this against the monotonic one was set."""


class RuntimeClock:
    """Gives `at_ns`. The anchor follows the wall clock forward over a step, never back."""

    def __init__(
        self, wall: Callable[[], int] = time.time_ns, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._anchor = self._seen = wall() - monotonic()

    def now_ns(self) -> int:
        """Return the runtime's time in ns since 1970."""
        return self._anchor + self._monotonic()

    def not_before(self, at_ns: int) -> None:
        """Never tell a time before this one: the last that the log knows."""
        self._anchor = max(self._anchor, at_ns - self._monotonic())

    def step_seen(self) -> int:
        """Return by how many ns the wall clock was set since the last call, 0 when it was not."""
        offset = self._wall() - self._monotonic()
        delta = offset - self._seen
        if abs(delta) <= STEP_NS:
            return 0
        self._seen = offset
        self._anchor = max(self._anchor, offset)
        return delta
