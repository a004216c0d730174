# SPDX-License-Identifier: Apache-2.0
"""The log in pages and as JSONL."""

import io
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from adapters.store import selectors_events
from adapters.store.checkpoint import LogItem
from adapters.store.lines import read_jsonl
from adapters.store.selectors import log_items, records
from adapters.store.verify import verify
from statemachines import events as e
from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role
from tests.web.support.access import bearer, describe
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of


@pytest.fixture
def two_halls(state: Path) -> None:
    """One hall went through a show until its film broke, the other one opened a session; their rows are mixed."""
    describe()
    with log_of(state) as log:
        first, second = LivedHall(log, "h1"), LivedHall(log, "h2")
        first.idle()
        second.idle()
        first.open(Role.SOUND, gen=3)
        second.open(Role.PROJECTION, gen=7)
        first.broken()
        second.ask("start")
        first.end()


def walk(ask: Asking, query: str, towards: str) -> list[int]:
    """Return the positions of all pages, one after the other."""
    found: list[int] = []
    cursor = {"after": "&after=0", "before": ""}[towards]
    for _ in range(1000):
        page = ask(f"/events?limit=3&{query}{cursor}")
        found += [event["pos"] for event in page["events"]]
        if page["next"] is None:
            return found
        cursor = f"&{towards}={page['next']}"
    raise AssertionError("the pages have no end")


def positions(**wanted: str) -> list[int]:
    return [row.pos for row in records() if all(getattr(row, name) == value for name, value in wanted.items())]


QUERIES: list[tuple[str, dict[str, str]]] = [
    ("", {}),
    ("hall=h1", {"stream": "h1"}),
    ("hall=h2&verdict=transition", {"stream": "h2", "verdict": "transition"}),
    ("verdict=refusal", {"verdict": "refusal"}),
    ("kind=film_broke", {"kind": "film_broke"}),
    ("subject=session:sound&hall=h1", {"subject": "session:sound", "stream": "h1"}),
]


@pytest.mark.usefixtures("two_halls")
@pytest.mark.parametrize(("query", "wanted"), QUERIES, ids=[query or "all" for query, _ in QUERIES])
def test_pages_hold_every_wanted_row_once_and_in_order(query: str, wanted: dict[str, str]) -> None:
    ask = Asking()
    assert positions(**wanted)
    assert walk(ask, query, "after") == positions(**wanted)
    assert walk(ask, query, "before") == positions(**wanted)[::-1]


@pytest.mark.usefixtures("two_halls")
@pytest.mark.parametrize(("query", "wanted"), QUERIES, ids=[query or "all" for query, _ in QUERIES])
def test_a_page_that_looked_far_enough_says_where_to_go_on(
    query: str, wanted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors_events, "SCAN_MOST", 5)
    ask = Asking()
    assert walk(ask, query, "after") == positions(**wanted)
    assert walk(ask, query, "before") == positions(**wanted)[::-1]


@pytest.mark.usefixtures("two_halls")
def test_a_row_reads_like_a_sentence() -> None:
    ask = Asking()
    broke = ask("/events?kind=film_broke")["events"][0]
    assert broke["words"] == "projecting → fault: the film broke"
    assert (broke["before"], broke["after"], broke["verdict"]) == ("projecting", "fault", "transition")
    assert [each["verb"] for each in broke["effects"] if each["do"] == "command"][:1] == ["safe_stop"]
    refused = ask("/events?hall=h2&verdict=refusal")["events"][0]
    assert refused["words"] == "start refused: no film is threaded in this hall"
    opened = ask("/events?hall=h1&kind=link_opened")["events"][0]
    assert (opened["words"], opened["payload"]["gen"]) == ("sound session connecting → up", 3)
    frame = ask("/events?hall=h1&kind=frame_counted")["events"][0]
    assert (frame["words"], frame["request"]) == ("frame counted", None)


def test_moments_in_a_row_are_spelled_wherever_they_stand(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.take(e.ConditionRaised(alarm="disk_nearly_full", detail="full since <t:3600000000000>"))
        hall.end()
    row = Asking()("/events?kind=condition_raised")["events"][0]
    assert row["payload"]["detail"] == "full since 01:00:00"
    assert [each["words"] for each in row["effects"] if each["do"] == "raise_alarm"] == ["full since 01:00:00"]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("after=1&before=2", 400),
        ("limit=0", 422),
        ("limit=501", 422),
        ("after=-1", 422),
        (f"before={2**60}", 422),
        ("hall=H1", 422),
        ("hall=h%00", 422),
        ("kind=a b", 422),
        ("verdict=maybe", 422),
        ("subject=session:%27--", 422),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(query: str, status: int) -> None:
    assert Asking().refused(f"/events?{query}", status)["words"]


@pytest.mark.usefixtures("state")
def test_an_empty_log_is_an_empty_page() -> None:
    assert Asking()("/events") == {"events": [], "next": None}
    assert Asking()("/events?after=0") == {"events": [], "next": None}


def download(query: str = "") -> list[LogItem]:
    header = bearer()

    @async_to_sync  # what is not asynchronous in it runs on this thread, whose connection is this site's
    async def ask() -> bytes:
        answer: Any = await AsyncClient().get(f"/api/v1/events.jsonl{query}", headers=header)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/jsonl")
        return b"".join([part async for part in answer.streaming_content])

    return list(read_jsonl(io.BytesIO(ask())))


@pytest.mark.usefixtures("two_halls")
def test_a_download_is_the_whole_log_and_verifies() -> None:
    items = download()
    assert items == list(log_items())
    assert verify(items).ok


@pytest.mark.usefixtures("two_halls")
def test_a_download_takes_one_hall_or_what_is_new() -> None:
    of_one = download("?hall=h2")
    assert {item.stream for item in of_one} == {"h2"}
    assert verify(of_one).ok
    assert download("?after=20") == list(log_items())[20:]


def test_a_download_of_many_parts_is_whole(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.showing()
        for frame in range(5001, 6200):
            hall.hear(e.FrameCounted, frame=frame)
        hall.end()
    rows = download()
    assert len(rows) > 1200
    assert verify(rows).ok


def test_a_request_is_told_on_the_row_that_answered_it(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.request("start", "2f0a1f3e-0000-4000-8000-000000000001")
        hall.end()
    row = Asking()("/events?verdict=refusal")["events"][0]
    assert (row["request"], row["subject"]) == ("2f0a1f3e-0000-4000-8000-000000000001", HALL)


def test_what_becomes_of_a_watch_link_is_a_row_like_others(state: Path) -> None:
    describe()
    with log_of(state) as log:
        log.append(
            Record(
                stream="server:proj1",
                log_seq=0,
                subject="watch:proj1",
                at_ns=1_000_000_000,
                kind="watch_link_lost",
                payload={"serial": 0},
                source="runtime",
                verdict="internal",
                reason="the watch link to proj1 is down: no session within 10 s",
            )
        )
    (event,) = Asking()("/events")["events"]
    assert (event["hall"], event["subject"]) == ("server:proj1", "watch:proj1")
    assert event["words"] == "the watch link to proj1 is down: no session within 10 s"
