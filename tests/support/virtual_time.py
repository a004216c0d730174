# SPDX-License-Identifier: Apache-2.0
"""An event loop whose clock jumps to the next deadline: minutes of timers run in milliseconds, always the same."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from typing_extensions import override

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Never waits: when nothing is ready, time has passed."""

    now_s = 1_000.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("the test waits for something that nothing will ever bring about")
        if not ready and timeout:
            self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    @override
    def time(self) -> float:
        return self._jumping.now_s


def run_virtual(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time. It fails when it leaves a task behind."""

    async def checked() -> T:
        told = await story
        left = {task.get_name() for task in asyncio.all_tasks()} - {asyncio.current_task().get_name()}  # type: ignore[union-attr]  # we are in a task
        assert not left, f"still running: {sorted(left)}"
        return told

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(checked())


def now_ns() -> int:
    """Return the running loop's time, as a monotonic clock gives it."""
    return round(asyncio.get_running_loop().time() * 1e9)
