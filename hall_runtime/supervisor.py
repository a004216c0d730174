# SPDX-License-Identifier: Apache-2.0
"""Long-lived tasks: one that fails is told and begun again; at the end they stop in stages, each with a limit."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

_say = structlog.get_logger("supervisor")
_PAUSE_S = 0.5


@dataclass(frozen=True)
class Stage:
    """One stage of the shutdown: what is done, and how long it may take in s."""

    name: str
    do: Callable[[], Awaitable[object]]
    limit_s: float


class Supervisor:
    """Keeps tasks running. `on_failure(name, words)` is told of each that failed."""

    def __init__(self, on_failure: Callable[[str, str], None]) -> None:
        self._on_failure = on_failure
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a task for as long as the process lives."""
        self._tasks[name] = asyncio.create_task(self._kept(name, run), name=name)

    async def _kept(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
                return
            except Exception as failure:  # a defect: told, and the task begins again; cancellation passes through
                _say.exception("task_failed", task=name)
                self._on_failure(name, f"{type(failure).__name__}: {failure}")
            await asyncio.sleep(_PAUSE_S)

    async def end(self, limit_s: float, *, but: str = "") -> None:
        """Cancel tasks (all but those whose name begins with `but`) and wait for them."""
        ending = {name: task for name, task in self._tasks.items() if not (but and name.startswith(but))}
        for task in ending.values():
            task.cancel()
        if ending:
            await asyncio.wait(ending.values(), timeout=limit_s)
        for name in ending:
            if self._tasks[name].done():
                del self._tasks[name]

    @property
    def running(self) -> list[str]:
        """The names of the tasks that have not ended."""
        return sorted(name for name, task in self._tasks.items() if not task.done())


async def wind_down(stages: list[Stage], running: Callable[[], list[str]]) -> bool:
    """Go through the stages; one that takes too long is named, with what still runs. Tell whether all ended in time."""
    in_time = True
    for stage in stages:
        try:
            async with asyncio.timeout(stage.limit_s):
                await stage.do()
        except TimeoutError:
            in_time = False
            _say.error("shutdown_stage_late", stage=stage.name, limit_s=stage.limit_s, still_running=running())
        except Exception:  # the next stages must have their turn
            in_time = False
            _say.exception("shutdown_stage_failed", stage=stage.name)
    return in_time
