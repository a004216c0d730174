# SPDX-License-Identifier: Apache-2.0
"""The schedule reaches the halls: sessions open ahead of a show, a cancelled one closes them. Time is simulated."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec.structs import replace
from structlog.testing import capture_logs

from hall_runtime.schedule import Schedule, next_show
from statemachines import events as e
from statemachines.events import Source
from statemachines.hall import new_hall
from statemachines.session_value import SessionState
from statemachines.settings import MINUTE, SECOND, Settings
from statemachines.show import Show
from statemachines.snapshot import Snapshot
from statemachines.words import Role, Tension
from tests.support.fake_hall import EPOCH, FakeHall, tell
from tests.support.virtual_time import now_ns

_AT_REST = e.RuntimeRecovered(
    projection=Snapshot(epoch=EPOCH, seq=1, tension=Tension.SLACK), sound=Snapshot(epoch=EPOCH, seq=1)
)


class Book:
    """A schedule in memory. `broken` is raised by the next reading."""

    def __init__(self) -> None:
        self.planned: dict[str, list[Show]] = {}
        self.broken: Exception | None = None
        self.read = 0

    async def __call__(self, now_ns: int) -> Mapping[str, Sequence[Show]]:
        self.read += 1
        broken, self.broken = self.broken, None
        if broken is not None:
            raise broken
        return self.planned


def are_up(hall: FakeHall) -> bool:
    return all(hall.keeper.hall.device(role).link.up for role in Role)


def are_down(hall: FakeHall) -> bool:
    return all(session.state is SessionState.DOWN for session in hall.keeper.sessions.values())


def told(story: Callable[[FakeHall, Book, Schedule], Awaitable[None]]) -> FakeHall:
    """Tell a story of an idle hall with closed sessions, and its schedule."""

    async def with_schedule(hall: FakeHall) -> None:
        hall.begin(hearing=False)
        await hall.until(lambda: are_up(hall))
        hall.keeper.post(_AT_REST, Source.RUNTIME)
        await hall.recovered()
        await hall.until(lambda: are_down(hall))
        book = Book()
        schedule = Schedule({"h1": hall.keeper}, hall.clock, book)
        running = asyncio.create_task(schedule.run())
        try:
            await story(hall, book, schedule)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    return tell(with_schedule)


def show(minutes: int, **fields: object) -> Show:
    return replace(Show(id="s1", title="Metropolis", starts_ns=now_ns() + minutes * MINUTE), **fields)


async def until_ns(at_ns: int) -> None:
    await asyncio.sleep((at_ns - now_ns()) / 1e9)


def test_sessions_open_fifteen_minutes_ahead_and_are_up_long_before_the_show() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        planned = show(60)
        book.planned["h1"] = [planned]
        await until_ns(planned.starts_ns - 15 * MINUTE - SECOND)
        assert are_down(hall)
        await until_ns(planned.starts_ns - 15 * MINUTE + SECOND)
        assert are_up(hall)
        await until_ns(planned.starts_ns + 29 * MINUTE)
        assert are_up(hall)

    assert len(told(story).rows("show_scheduled")) == 1


def test_sessions_close_when_nobody_comes_within_half_an_hour() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        planned = show(20)
        book.planned["h1"] = [planned]
        await until_ns(planned.starts_ns + 29 * MINUTE)
        assert are_up(hall)
        await until_ns(planned.starts_ns + 30 * MINUTE + 6 * SECOND)
        assert are_down(hall)
        assert hall.keeper.hall.next_show is None

    assert len(told(story).rows("show_scheduled")) == 1


def test_a_cancelled_show_closes_them_within_seconds() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        book.planned["h1"] = [show(10)]
        await hall.until(lambda: are_up(hall), 5)
        book.planned.clear()
        await hall.until(lambda: are_down(hall), 8)

    hall = told(story)
    assert [row.payload for row in hall.rows("show_unscheduled")] == [{"show": "s1"}]


def test_a_change_is_heard_at_once_when_somebody_tells_of_it() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        await asyncio.sleep(0.5)
        book.planned["h1"] = [show(60)]
        schedule.changed()
        await hall.until(lambda: hall.keeper.hall.next_show is not None, 0.1)

    told(story)


def test_a_show_that_is_moved_is_told_anew_and_one_that_stays_is_not() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        book.planned["h1"] = [show(60)]
        await asyncio.sleep(10)
        book.planned["h1"] = [show(90)]
        await asyncio.sleep(10)

    assert len(told(story).rows("show_scheduled")) == 2


def test_a_schedule_that_cannot_be_read_is_said_once_and_asked_again() -> None:
    async def story(hall: FakeHall, book: Book, schedule: Schedule) -> None:
        for _ in range(3):
            book.broken = OSError("the database is gone")
            await hall.until(lambda: book.broken is None, 2)
        book.planned["h1"] = [show(60)]
        await hall.until(lambda: hall.keeper.hall.next_show is not None, 2)

    with capture_logs() as said:
        told(story)
    assert [line["why"] for line in said if line["event"] == "schedule_unreadable"] == ["the database is gone"]


def test_what_comes_next_is_behind_the_last_that_began_and_not_given_up() -> None:
    starts = [minutes * MINUTE for minutes in (10, 45, 100, 200)]
    planned = [Show(id=str(at), title="t", starts_ns=at) for at in starts]
    hall = new_hall("h1", Settings())
    assert next_show(hall, planned, 0) == planned[0]
    assert next_show(hall, planned, 39 * MINUTE) == planned[0]
    assert next_show(hall, planned, 40 * MINUTE) == planned[1]
    assert next_show(replace(hall, shown_ns=starts[1]), planned, 0) == planned[2]
    assert next_show(hall, planned, 230 * MINUTE) is None
