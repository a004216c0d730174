# SPDX-License-Identifier: Apache-2.0
"""The tasks of one owner: each is known, a defect in one is told, and all end together."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

_say = structlog.get_logger("session")


class Tasks:
    """Starts tasks. `defect(error)` is told of an exception that nobody expected."""

    def __init__(self, name: str, defect: Callable[[Exception], None]) -> None:
        self._name, self._defect = name, defect
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], name: str, *owners: set[asyncio.Task[None]]) -> None:
        """Run `work`; the task stays in each set of `owners` until it has ended."""
        task = asyncio.create_task(work, name=f"{self._name}: {name}")
        for tasks in (self._running, *owners):
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        task.add_done_callback(self._ended)

    async def end(self) -> None:
        """Cancel what runs and wait for it."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            _say.error("session_task_failed", task=task.get_name(), exc_info=error)
            self._defect(error)
