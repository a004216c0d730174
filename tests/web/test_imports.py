# SPDX-License-Identifier: Apache-2.0
"""Schedules from files: every bad row is named with what is wrong, none is planned, or on request the good ones."""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.store.directory import describe_site
from adapters.store.errors import ShowRefused
from adapters.store.models import HallEntry, ShowEntry, SiteEntry
from adapters.store.show_files.calendar import read_calendar
from adapters.store.show_files.raw import RawShow, Unreadable, cue_words, cues_in, feet_in, gauge_in, moment_ns
from adapters.store.show_files.table import read_table
from statemachines.show import Cue
from statemachines.words import Verb
from tests.web.support.access import bearer
from tests.web.support.schedule import METROPOLIS, operator
from web.accounts.scopes import Scope

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (datetime.now(BERLIN) + timedelta(days=40)).date()
NAMES = "hall,starts,title,gauge,feet,start,cues"


@pytest.fixture
def client(state: Path) -> Client:
    """A site in Berlin with two halls, and Metropolis in its print book."""
    halls = [HallEntry(id=f"h{n}", name=f"Hall {n}", projection="p", sound="s") for n in (1, 2)]
    describe_site(site=SiteEntry(id="rialto", name="Rialto", zone="Europe/Berlin"), halls=halls, servers=[])
    client = operator()
    client.post("/api/v1/prints", METROPOLIS, "application/json")
    return client


def sent(client: Client, data: str | bytes, kind: str = "text/csv", *, partial: bool = False) -> tuple[int, Any]:
    where = f"/api/v1/shows/import{'?partial=true' if partial else ''}"
    answer = client.post(where, data.encode() if isinstance(data, str) else data, content_type=kind)
    return answer.status_code, answer.json()


def bad(told: Any) -> dict[int, str]:
    """Return the bad rows that a refusal names."""
    return {row["row"]: row["words"] for row in told["error"]["rows"]}


def ms(hour: int, minute: int = 0) -> int:
    return int(datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=BERLIN).timestamp() * 1000)


def table(*rows: str) -> str:
    return "\n".join((NAMES, *rows)) + "\n"


def event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))


def calendar(*events: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", *events, "END:VCALENDAR", ""))


GOOD = f"h1,{DAY} 20:45,Metropolis,,,,"
OWN = f"Hall 2,{DAY}T21:00,Short films,16 mm,800 750,schedule,4800 lights up; 2:10 curtain close"


class TestTable:
    def test_prints_of_the_book_and_films_of_their_own_are_planned(self, client: Client) -> None:
        status, told = sent(client, table(GOOD, "", OWN))
        assert (status, told["unchanged"], told["bad"]) == (200, 0, [])
        first, second = told["planned"]
        assert (first["hall"], first["title"], first["feet"], first["starts_ms"]) == (
            "h1",
            "Metropolis",
            METROPOLIS["feet"],
            ms(20, 45),
        )
        assert (second["hall"], second["gauge"], second["feet"], second["start"]) == ("h2", 16, [800, 750], "schedule")
        assert [(cue["reel"], cue["frame"], cue["verb"]) for cue in second["cues"]] == [
            (1, 4800, "lights"),
            (2, 10, "curtain"),
        ]

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_as_spreadsheets_write_it(self, client: Client, delimiter: str) -> None:
        text = f"\ufeff{table(GOOD)}".replace(",", delimiter).replace("\n", "\r\n")
        assert sent(client, text)[0] == 200

    def test_each_bad_row_is_named_with_all_that_is_wrong_and_none_is_planned(self, client: Client) -> None:
        rows = (
            GOOD,
            f"h9,{DAY} 18:00,Metropolis,,,,",
            f"h1,{DAY} 25:00,Metropolis,,,,",
            "h1,2020-01-01 20:00,Metropolis,,,,",
            f"h1,{DAY} 21:00,Metropolis,,,,",
            f"h2,{DAY} 18:00,Nosferatu,,,,",
            f"h2,{DAY} 18:00,Nosferatu,wide,some,nobody,at once",
            f"h2,{DAY} 18:00,Nosferatu,9,5,nobody,",
            f"h2,{DAY} 18:00,Metropolis,,,,,,,",
        )
        status, told = sent(client, table(*rows))
        words = bad(told)
        assert (status, told["error"]["code"]) == (422, "import_refused")
        assert told["error"]["words"].startswith("8 of the file's rows cannot be planned, so none was")
        assert list(words) == [3, 4, 5, 6, 7, 8, 9, 10]
        assert words[3] == "there is no hall 'h9' here; there are h1, h2"
        assert words[4] == f"starts is a date and a time such as 2026-05-03 20:45, not '{DAY} 25:00'"
        assert words[5] == "20:00 on 01 Jan 2020 is past"
        assert words[6].startswith("Hall 1 shows Metropolis then, from 20:45 on")
        assert words[7] == "the print book has no 'Nosferatu': put it there, or give gauge and feet"
        assert words[8] == (
            "a cue is 'FRAME VERB ARG' or 'REEL:FRAME VERB ARG', not 'at once'; "
            "a gauge is a number of millimetres, not 'wide'; "
            "feet are whole numbers, one a reel, such as '2000 1950', not 'some'"
        )
        assert words[9].startswith("no film is 9 mm wide here")
        assert "reel 1 of 5 ft cannot be" in words[9]
        assert words[9].endswith("start is operator or schedule, not 'nobody'")
        assert words[10] == "it has 10 columns, the first line names 7"
        assert not ShowEntry.objects.exists()

    def test_the_good_rows_are_planned_when_asked(self, client: Client) -> None:
        status, told = sent(client, table(f"h9,{DAY} 18:00,Metropolis,,,,", GOOD), partial=True)
        assert (status, len(told["planned"]), [row["row"] for row in told["bad"]]) == (200, 1, [2])
        assert ShowEntry.objects.count() == 1

    def test_the_same_file_again_changes_nothing(self, client: Client) -> None:
        sent(client, table(GOOD, OWN))
        status, told = sent(client, table(GOOD, OWN))
        assert (status, told) == (200, {"planned": [], "unchanged": 2, "bad": []})
        assert ShowEntry.objects.count() == 2

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ("\n", "The first line names the columns"),
            ("hall,starts\nh1,x\n", "The first line names the columns"),
            ("hall,starts,title,usher\n", "The first line names the columns"),
            (NAMES + "\n", "The file has no show."),
            (b"\xff\xfe\x00", "The file is no UTF-8 text (byte 0): save it as CSV UTF-8."),
            (NAMES + '\nh1,"x" y,z\n', "The file is no CSV"),
            (table(*["h1,,,,,,"] * 2001), "A file has at most 2000 shows."),
        ],
    )
    def test_a_file_that_is_no_schedule_is_refused_whole(self, client: Client, data: str | bytes, words: str) -> None:
        status, told = sent(client, data)
        assert status == 422
        assert told["error"]["words"].startswith(words)


class TestCalendar:
    def test_events_are_shows(self, client: Client) -> None:
        day = f"{DAY:%Y%m%d}"
        status, told = sent(
            client,
            calendar(
                event("UID:1", "LOCATION:hall 1", "SUMMARY:Metropolis", f"DTSTART:{day}T204500"),
                event("UID:2", "LOCATION:h2", "SUMMARY:Metropolis", f"DTSTART;TZID=Asia/Tokyo:{day}T230000"),
                event(
                    "UID:3",
                    "LOCATION:h2",
                    "SUMMARY:Shorts\\, loud",
                    f"DTSTART:{day}T200000Z",
                    "DESCRIPTION:Come early\\nGauge: 16\\nfeet: 800 750\\nstart: schedule\\ncues: 100 lights up",
                ),
                event("UID:4", "STATUS:CANCELLED", "SUMMARY:Nothing"),
            ),
            "text/calendar",
        )
        assert status == 200, told
        tokyo = datetime(DAY.year, DAY.month, DAY.day, 23, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp() * 1000
        utc = datetime(DAY.year, DAY.month, DAY.day, 20, tzinfo=ZoneInfo("UTC")).timestamp() * 1000
        assert [show["starts_ms"] for show in told["planned"]] == [ms(20, 45), tokyo, utc]
        last = told["planned"][2]
        assert (last["title"], last["gauge"], last["feet"], last["start"]) == (
            "Shorts, loud",
            16,
            [800, 750],
            "schedule",
        )
        assert len(last["cues"]) == 1

    def test_bad_events_are_named_by_their_place(self, client: Client) -> None:
        day = f"{DAY:%Y%m%d}"
        status, told = sent(
            client,
            calendar(
                event("LOCATION:h1", "SUMMARY:Metropolis", f"DTSTART:{day}T204500"),
                event("LOCATION:h1", "SUMMARY:Metropolis", f"DTSTART;VALUE=DATE:{day}"),
                event("LOCATION:h1", "SUMMARY:Metropolis"),
                event("LOCATION:h1", "SUMMARY:Metropolis", f"DTSTART:{day}T100000", "RRULE:FREQ=DAILY"),
                event("SUMMARY:Metropolis", f"DTSTART:{day}T100000"),
            ),
            "text/calendar",
        )
        words = bad(told)
        assert (status, list(words)) == (422, [2, 3, 4, 5])
        assert words[2] == f"it is on {DAY:%d %b %Y} all day: give it a time"
        assert words[3] == "it has no start that can be read"
        assert words[4] == "it repeats: write each show as an event of its own"
        assert words[5].startswith("there is no hall ''")
        assert not ShowEntry.objects.exists()

    @pytest.mark.parametrize("data", ["\n", "BEGIN:VEVENT", "hall,starts,title", "BEGIN:VCALENDAR\r\nEND:VEVENT\r\n"])
    def test_what_is_no_calendar_is_refused_whole(self, client: Client, data: str) -> None:
        status, told = sent(client, data, "text/calendar")
        assert (status, told["error"]["code"]) == (422, "show_refused")


class TestTaking:
    def test_another_type_is_refused(self, client: Client) -> None:
        status, told = sent(client, "{}", "application/json")
        assert (status, told["error"]["words"]) == (
            415,
            "Send text/calendar or text/csv, not application/json.",
        )

    def test_what_is_too_large_is_refused(self, client: Client) -> None:
        assert sent(client, "x" * 1_000_001)[0] == 413

    def test_whoever_only_looks_imports_nothing(self, client: Client) -> None:
        assert sent(Client(headers=bearer(Scope.VIEW)), table(GOOD))[0] == 403


class TestWords:
    def test_a_time_over_which_clocks_are_put_forward_is_none(self) -> None:
        with pytest.raises(Unreadable, match="02:30 is not on the clock on 29 Mar 2026"):
            moment_ns(datetime(2026, 3, 29, 2, 30), BERLIN)  # noqa: DTZ001  # the site's own time

    def test_a_time_that_comes_twice_is_the_first(self) -> None:
        twice = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001
        assert moment_ns(twice, BERLIN) == int(twice.replace(tzinfo=BERLIN, fold=0).timestamp()) * 10**9

    @given(feet=st.lists(st.integers(0, 999_999), max_size=9), sep=st.sampled_from((" ", "+", "/", ";", " , ")))
    def test_feet_are_read_however_they_are_parted(self, feet: list[int], sep: str) -> None:
        assert feet_in(sep.join(map(str, feet))) == tuple(feet)

    @given(
        cues=st.lists(
            st.builds(
                Cue,
                reel=st.integers(1, 40),
                frame=st.integers(0, 10**8),
                verb=st.sampled_from((Verb.LIGHTS, Verb.CURTAIN, Verb.MASKING)),
                arg=st.sampled_from(("up", "open", "scope")),
            )
        )
    )
    def test_cues_are_read_as_they_are_written(self, cues: list[Cue]) -> None:
        assert cues_in(cue_words(cues)) == tuple(cues)

    @given(text=st.text(max_size=60))
    @settings(suppress_health_check=[HealthCheck.too_slow])
    def test_any_words_and_any_file_are_read_or_refused_by_their_type(self, text: str) -> None:
        for read in (gauge_in, feet_in, cues_in):
            with suppress(Unreadable):
                read(text)
        for data in (text, table(text), calendar(text), calendar(event(f"DTSTART:{text}", f"SUMMARY:{text}"))):
            for read_file in (read_table, read_calendar):
                with suppress(ShowRefused):
                    assert all(isinstance(row, RawShow) for row in read_file(data.encode("utf-8", "replace")))
