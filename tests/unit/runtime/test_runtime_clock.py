# SPDX-License-Identifier: Apache-2.0
"""The runtime's time never runs back, sees a wall clock that was set, and brings deadlines as they are due."""

import asyncio

from hall_runtime.clock import RuntimeClock
from hall_runtime.timers import Timers
from tests.support.virtual_time import now_ns, run_virtual

SECOND = 1_000_000_000
HOUR = 3600 * SECOND


class Clocks:
    """Two clocks that a test turns."""

    def __init__(self) -> None:
        self.wall, self.monotonic = 1_000 * HOUR, 5 * SECOND
        self.runtime = RuntimeClock(lambda: self.wall, lambda: self.monotonic)

    def pass_s(self, seconds: int, *, wall_s: int | None = None) -> None:
        self.monotonic += seconds * SECOND
        self.wall += (seconds if wall_s is None else wall_s) * SECOND


def test_time_goes_with_the_monotonic_clock() -> None:
    clocks = Clocks()
    assert clocks.runtime.now_ns() == 1_000 * HOUR
    clocks.pass_s(60)
    assert clocks.runtime.now_ns() == 1_000 * HOUR + 60 * SECOND
    assert clocks.runtime.step_seen() == 0


def test_a_wall_clock_that_is_set_forward_is_followed_once_it_is_seen() -> None:
    clocks = Clocks()
    clocks.pass_s(1, wall_s=3601)
    before = clocks.runtime.now_ns()
    assert before == 1_000 * HOUR + SECOND
    assert clocks.runtime.step_seen() == HOUR
    assert clocks.runtime.now_ns() == clocks.wall
    assert clocks.runtime.step_seen() == 0


def test_a_wall_clock_that_is_set_back_is_told_and_not_followed() -> None:
    clocks = Clocks()
    clocks.pass_s(10, wall_s=-7190)
    before = clocks.runtime.now_ns()
    assert clocks.runtime.step_seen() == -2 * HOUR
    assert clocks.runtime.now_ns() == before
    clocks.pass_s(1)
    assert clocks.runtime.now_ns() == before + SECOND
    assert clocks.runtime.step_seen() == 0


def test_a_clock_that_is_corrected_by_little_was_not_set() -> None:
    clocks = Clocks()
    clocks.pass_s(100, wall_s=104)
    assert clocks.runtime.step_seen() == 0


def test_time_begins_no_earlier_than_the_log_ends() -> None:
    clocks = Clocks()
    clocks.runtime.not_before(1_001 * HOUR)
    assert clocks.runtime.now_ns() == 1_001 * HOUR
    clocks.runtime.not_before(7 * HOUR)
    assert clocks.runtime.now_ns() == 1_001 * HOUR


def test_deadlines_come_when_they_are_due_and_once() -> None:
    async def story() -> list[tuple[str, str, int]]:
        clock, came, began = RuntimeClock(now_ns, now_ns), [], now_ns()
        timers = Timers(clock, lambda name, cause: came.append((name, cause, (now_ns() - began) // SECOND)))
        timers.arm("late", began + 9 * SECOND, "1")
        timers.arm("late", began + 3 * SECOND, "2")
        timers.arm("never", began + SECOND)
        timers.cancel("never")
        timers.cancel("unknown")
        timers.arm("past", began - HOUR, "3")
        await asyncio.sleep(20)
        timers.arm("closed", began + 30 * SECOND)
        timers.close()
        await asyncio.sleep(60)
        return came

    assert run_virtual(story()) == [("past", "3", 0), ("late", "2", 3)]
