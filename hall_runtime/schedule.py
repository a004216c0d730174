# SPDX-License-Identifier: Apache-2.0
"""The show schedule told to the halls: read once a second and when somebody says that it changed.

The site's database is only read here. What differs from what a hall knows becomes an event; the rest, opening
sessions ahead, starting, being late, is the hall's own machine.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from hall_runtime.clock import RuntimeClock
from hall_runtime.keeper import HallKeeper
from statemachines.events import ShowScheduled, ShowUnscheduled, Source
from statemachines.hall import Hall
from statemachines.show import Show

_say = structlog.get_logger("schedule")

POLL_S = 1.0

Planned = Callable[[int], Awaitable[Mapping[str, Sequence[Show]]]]
"""What each hall may still show at a moment (ns), soonest first."""


async def planned_in_store(now_ns: int) -> Mapping[str, Sequence[Show]]:
    """Read the schedule from the site's database."""
    from adapters.store.shows import planned_shows  # not above: models need an open site

    return await asyncio.to_thread(planned_shows, now_ns=now_ns)


def next_show(hall: Hall, planned: Sequence[Show], now_ns: int) -> Show | None:
    """Return what comes next: the first show behind the last one that began, and not given up yet."""
    over_ns = hall.settings.timings.show_over
    return next((show for show in planned if show.starts_ns > max(hall.shown_ns, now_ns - over_ns)), None)


class Schedule:
    """Keeps every hall's next show as the schedule has it. `planned` reads it."""

    def __init__(
        self, keepers: Mapping[str, HallKeeper], clock: RuntimeClock, planned: Planned = planned_in_store
    ) -> None:
        self._keepers, self._clock, self._planned = keepers, clock, planned
        self._changed = asyncio.Event()
        self._unreadable = False

    def changed(self) -> None:
        """Look at once."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled: look, then wait for a second or for a change."""
        while True:
            await self._look()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()
            self._changed.clear()

    async def _look(self) -> None:
        now_ns = self._clock.now_ns()
        try:
            planned = await self._planned(now_ns)
        except Exception as wrong:  # a database that is gone or locked must not end the schedule: it is asked again
            if not self._unreadable:
                _say.warning("schedule_unreadable", why=str(wrong))
            self._unreadable = True
            return
        self._unreadable = False
        for hall_id, keeper in self._keepers.items():
            self._tell(keeper, next_show(keeper.hall, planned.get(hall_id, ()), now_ns))

    def _tell(self, keeper: HallKeeper, show: Show | None) -> None:
        known = keeper.hall.next_show
        if show == known:
            return
        if show is not None:
            keeper.post(ShowScheduled(show=show), Source.RUNTIME)
        elif known is not None:
            keeper.post(ShowUnscheduled(show=known.id), Source.RUNTIME)
