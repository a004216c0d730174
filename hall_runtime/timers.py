# SPDX-License-Identifier: Apache-2.0
"""Deadlines of one hall and its sessions, on the event loop. A deadline that comes is an event like any other."""

import asyncio
from collections.abc import Callable

from hall_runtime.clock import RuntimeClock


class Timers:
    """Named deadlines in the runtime's time. Arming a name again replaces it."""

    def __init__(self, clock: RuntimeClock, due: Callable[[str, str], None]) -> None:
        self._clock, self._due = clock, due
        self._armed: dict[str, asyncio.TimerHandle] = {}

    def arm(self, name: str, at_ns: int, cause: str = "") -> None:
        """Call `due(name, cause)` at `at_ns`, at once when that is past."""
        self.cancel(name)
        delay_s = max(at_ns - self._clock.now_ns(), 0) / 1e9
        self._armed[name] = asyncio.get_running_loop().call_later(delay_s, self._fire, name, cause)

    def cancel(self, name: str) -> None:
        """Forget a deadline, if there is one."""
        handle = self._armed.pop(name, None)
        if handle is not None:
            handle.cancel()

    def close(self) -> None:
        """Forget all."""
        for name in tuple(self._armed):
            self.cancel(name)

    def _fire(self, name: str, cause: str) -> None:
        self._armed.pop(name, None)
        self._due(name, cause)
