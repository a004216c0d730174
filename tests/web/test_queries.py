# SPDX-License-Identifier: Apache-2.0
"""What each answer costs: the number of database queries is pinned, and does not grow with halls or rows."""

import time
from pathlib import Path

import pytest

from statemachines.words import Role
from tests.web.support.access import describe
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of

HALLS = ("h1", "h2", "h3", "h4")
NOW_MS, HOUR_MS = time.time_ns() // 1_000_000, 3_600_000
PATHS = {
    "/health": 0,
    "/ready": 3,
    "/site": 3,
    "/halls": 6,
    "/halls/h1": 6,
    "/halls/h1/graph": 8,
    f"/halls/h1/at?ms={NOW_MS}": 5,
    f"/halls/h1/past?from_ms={NOW_MS - HOUR_MS}&to_ms={NOW_MS}": 8,
    "/sessions": 6,
    "/reels": 6,
    "/alarms": 6,
    "/events": 4,
    "/events?hall=h1&after=3": 4,
}


@pytest.mark.parametrize(("path", "queries"), PATHS.items(), ids=[path.partition("?")[0] for path in PATHS])
def test_an_answer_costs_so_many_queries(state: Path, path: str, queries: int) -> None:
    describe(halls=HALLS)
    with log_of(state) as log:
        for name in HALLS:
            hall = LivedHall(log, name)
            hall.open(Role.SOUND)
            hall.showing()
            hall.end()
        ask = Asking()
        ask(path)
    assert ask.queries == queries


def test_a_picture_that_was_drawn_before_costs_no_more_than_the_hall(state: Path) -> None:
    describe(halls=HALLS)
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        hall.end()
        ask = Asking()
        ask("/halls/h1/graph")
        ask("/halls/h1/graph")
    assert ask.queries == 6
