# SPDX-License-Identifier: Apache-2.0
"""What systemd is told: ready, stopping, and alive, the last only while every mailbox makes progress."""

import asyncio
import os
from collections.abc import Callable

import sdnotify

STUCK_NS = 3_000_000_000
"""An event that waited for so long means that its hall's task makes no progress."""


class Watchdog:
    """Talks to systemd where there is one; elsewhere says nothing."""

    def __init__(self, stuck: Callable[[], list[str]]) -> None:
        self._stuck = stuck
        self._notifier = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        self._period_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6

    def ready(self) -> None:
        self._tell("READY=1")

    def stopping(self) -> None:
        """The last word: nothing is told after it."""
        self._tell("STOPPING=1")
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()

    async def run(self) -> None:
        """Until cancelled: feed the watchdog while no hall is stuck."""
        while True:
            await asyncio.sleep(self._period_s or 10.0)
            stuck = self._stuck()
            self._tell(f"STATUS=stuck: {', '.join(stuck)}" if stuck else "WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(state)
