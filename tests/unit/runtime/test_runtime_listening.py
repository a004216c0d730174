# SPDX-License-Identifier: Apache-2.0
"""Several sources of kernel events at once: each is believed about its own seats, and told of with them."""

import asyncio
from collections import Counter
from collections.abc import Callable

from adapters.kernel.parse import Heard
from hall_runtime.hall_parts import HallParts
from hall_runtime.listening import NOT_ITS_SEAT, Hears, Listening
from hall_runtime.watch_book import WatchBook
from hall_runtime.watch_ports import WatchNews
from statemachines import events as e
from statemachines.alarms import AlarmState, find
from statemachines.words import Role
from tests.support.fake_hall import EPOCH, FakeHall, MemoryLog, tell
from tests.support.fake_watch import Watched, refusal

P, S = Role.PROJECTION, Role.SOUND
REFUSED = "the watch link to proj1 is down: proj1 refused our certificate"


class Told:
    """A source that tells what a test wants."""

    def __init__(self) -> None:
        self.refused = Counter[str]()
        self.heard: Callable[[Heard], None]
        self.overflowed: Callable[[], None]
        self.up: Callable[[], None]
        self.lost: Callable[[str], None]

    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self.heard, self.overflowed, self.up, self.lost = on_heard, on_overflow, on_up, on_lost

    async def close(self) -> None:
        """Nothing is open."""


def parts(hall: FakeHall) -> dict[str, HallParts]:
    return {"h1": HallParts(hall.keeper, hall.hearing, hall.owners, hall.settings)}


def added(role: Role, hall: str = "h1") -> Heard:
    return Heard(hall, e.DeviceAdded(role=role, epoch=EPOCH, hw_seq=1))


def test_what_a_source_says_of_anothers_seat_is_counted_and_dropped() -> None:
    async def story(hall: FakeHall) -> None:
        hall.begin()
        here = Told()
        listening = Listening(parts(hall), Hears(here, frozenset({("h1", P)})), {})
        await listening.start()
        for heard in (added(S), added(P, "h9"), added(P)):
            here.heard(heard)
        await hall.until(lambda: bool(hall.rows("device_added")))
        await asyncio.sleep(0.1)
        assert [row.payload["role"] for row in hall.rows("device_added")] == [P]
        here.refused["word"] += 3
        assert listening.refused == {NOT_ITS_SEAT: 2, "word": 3}
        await listening.close()

    tell(story)


def test_a_source_that_is_lost_deafens_its_own_seats_and_no_other() -> None:
    async def story(hall: FakeHall) -> None:
        here = Told()
        watched = Watched()
        links = {"rack": Hears(watched.source, frozenset({("h1", S)}))}
        listening = Listening(parts(hall), Hears(here, frozenset({("h1", P)})), links)
        watched.server.fails = refusal
        hall.begin()
        await listening.start()
        await hall.until(lambda: bool(hall.rows("watch_lost")))
        here.overflowed()
        await asyncio.sleep(0.2)
        (lost,) = hall.rows("watch_lost")
        assert lost.payload["role"] == S
        assert "the watch link to proj1 is down" in lost.payload["reason"]
        assert listening.overflows == 1
        await listening.close()

    tell(story)


def test_a_refused_link_is_an_alarm_until_it_is_up_and_all_is_written_down() -> None:
    async def story(hall: FakeHall) -> None:
        hall.begin()
        await hall.until(lambda: bool(hall.rows("hall_configured")))
        log = MemoryLog()
        book = WatchBook(
            server="proj1",
            seats=[("h1", P)],
            keepers={"h1": hall.keeper},
            log=log,
            clock=hall.clock,
            version="v",
        )
        book(WatchNews(kind="watch_link_lost", words=REFUSED, refused=True))
        await hall.until(lambda: find(hall.keeper.hall.alarms, "watch_refused_projection") is not None)
        alarm = find(hall.keeper.hall.alarms, "watch_refused_projection")
        assert alarm is not None
        assert alarm.words == REFUSED
        book(WatchNews(kind="watch_link_up", words="proj1 is heard", serial=7))
        await hall.until(lambda: bool(hall.rows("condition_cleared")))
        alarm = find(hall.keeper.hall.alarms, "watch_refused_projection")
        assert alarm is not None
        assert alarm.state is AlarmState.RETURNED
        assert [(row.stream, row.subject, row.kind, row.payload) for row in log.rows] == [
            ("server:proj1", "watch:proj1", "watch_link_lost", {"serial": 0}),
            ("server:proj1", "watch:proj1", "watch_link_up", {"serial": 7}),
        ]

    tell(story)
