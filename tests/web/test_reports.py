# SPDX-License-Identifier: Apache-2.0
"""What a show was like, told afterwards from the log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from adapters.store.models import EventRow
from statemachines import events as e
from statemachines.settings import SECOND
from tests.web.support import showing
from tests.web.support.access import bearer, describe, person
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of
from web.accounts.scopes import Scope


@pytest.fixture
def hall(state: Path) -> Iterator[LivedHall]:
    describe()
    with log_of(state) as log:
        yield LivedHall(log, begins_ns=1_790_000_000 * SECOND)


def asked(path: str) -> Any:
    answer = Client(headers=bearer(Scope.VIEW)).get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def reports(**parameters: int) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    found = asked(f"/halls/h1/reports?{query}")
    assert isinstance(found["reports"], list)
    return found["reports"]


def newest() -> dict[str, Any]:
    found = asked(f"/reports/{reports()[0]['pos']}")
    assert isinstance(found, dict)
    return found


def lasted_s(found: dict[str, Any], since: str, until: str) -> int:
    return int((found[until] - found[since]) // 1000)


def test_a_night_is_told_as_one_show_with_all_that_happened(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    [line] = reports()
    counted = (line["reels"], line["stops"], line["faults"], line["complete"])
    assert counted == (2, 1, 1, True)
    told = newest()
    assert {name: told[name] for name in line} == line
    assert told["gauge"] == 35
    assert [(reel["reel"], reel["feet"]) for reel in told["runs"]] == [(1, 2000), (2, 1950)]


def test_a_stop_says_how_long_why_and_who(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    [stop] = newest()["stopped"]
    assert (stop["words"], stop["who"]) == ("the film was stopped", "anna")
    assert lasted_s(stop, "at_ms", "until_ms") in range(90, 93)


def test_a_fault_says_what_broke_and_when_the_picture_went_on(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    [fault] = newest()["broken"]
    assert fault["words"] == "the film broke: thread it again"
    assert lasted_s(fault, "at_ms", "until_ms") in range(240, 245)
    assert fault["until_ms"] < fault["picture_ms"]


def test_a_further_cause_is_told_with_the_fault(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall)
    showing.start(hall)
    showing.break_film(hall)
    hall.hear(e.LampFailed)
    hall.end()
    [fault] = newest()["broken"]
    assert fault["also"] == ["the lamp failed: let it cool, then check it"]
    assert (fault["until_ms"], fault["picture_ms"]) == (None, None)


def test_light_counts_only_while_it_fell_on_film(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    light_s = newest()["light_ms"] / 1000
    assert light_s == pytest.approx(300 + 600 + 300 + 20 + 1200, abs=5)


def test_the_sound_s_offset_is_told_over_the_whole_show(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    assert newest()["offset"] == {"min_us": -9000, "median_us": 0, "max_us": 11_000, "readings": 4}


def test_sessions_keys_and_who_asked_are_told(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    told = newest()
    [gap] = told["sessions_lost"]
    assert (gap["role"], gap["words"]) == ("sound", "the line is dead")
    assert lasted_s(gap, "at_ms", "until_ms") == 20
    assert told["rotations"] == {"projection": 1}
    people = [(each["who"], each["what"]) for each in told["asked"] if each["who"] in ("anna", "boris")]
    assert people == [("anna", "stop"), ("boris", "acknowledge"), ("boris", "reset")]
    assert [alarm["name"] for alarm in told["alarms"]] == ["film_break", "session_lost_sound"]


def test_a_refusal_and_a_command_that_was_not_carried_out_are_told(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall)
    showing.start(hall)
    hall.take(e.OperatorRequested(verb="rewind", actor="anna"), e.Source.OPERATOR)
    hall.take(e.OperatorRequested(verb="stop", actor="anna"), e.Source.OPERATOR)
    hall.answer("refused:local")
    hall.end()
    told = newest()
    rewind = next(each for each in told["asked"] if each["what"] == "rewind")
    assert (rewind["done"], rewind["words"]) == (False, "the film is running: stop it first")
    assert {"dowser close", "motor stop"} <= {each["command"] for each in told["refused"]}
    assert {each["result"] for each in told["refused"]} == {"refused:local"}


def test_a_show_that_ends_early_says_why(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall)
    showing.start(hall)
    showing.run(hall, 60)
    hall.hear(e.FilmRemoved)
    hall.end()
    told = newest()
    assert (told["complete"], told["ended"]) == (False, "the gate is empty")
    assert told["summary"][0].endswith(": the gate is empty.")


def test_a_show_that_goes_on_is_told_as_far_as_it_is(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall)
    showing.start(hall)
    showing.run(hall, 60)
    hall.end()
    told = newest()
    assert (told["ended_ms"], told["ended"], told["runs"][0]["ended_ms"]) == (None, "", None)
    assert told["light_ms"] / 1000 == pytest.approx(60, abs=1)
    assert told["summary"][0].endswith("and goes on.")


def test_the_same_film_shown_again_is_another_show(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall, (2000,))
    for _ in range(3):
        showing.start(hall)
        showing.run(hall, 60)
        showing.end_and_rewind(hall)
        showing.make_ready(hall)
    hall.end()
    found = reports()
    assert [(each["reels"], each["complete"]) for each in found] == [(1, True)] * 3
    for line in found:
        told = asked(f"/reports/{line['pos']}")
        assert told["light_ms"] / 1000 == pytest.approx(60, abs=1)
        assert [reel["feet"] for reel in told["runs"]] == [2000]


def test_pages_of_reports_hold_every_show_once(hall: LivedHall) -> None:
    hall.idle()
    for _ in range(5):
        showing.thread(hall, (2000,))
        showing.start(hall)
        showing.end_and_rewind(hall)
        hall.hear(e.FilmRemoved)
    hall.end()
    whole = reports()
    assert len(whole) == 5
    page = asked("/halls/h1/reports?limit=2")
    found = page["reports"]
    while page["next"]:
        page = asked(f"/halls/h1/reports?limit=2&before={page['next']}")
        found += page["reports"]
    assert found == whole


def test_a_position_at_which_no_show_began_has_no_report(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    begun = reports()[0]["pos"]
    client = Client(headers=bearer())
    found = {pos for pos in EventRow.objects.values_list("pos", flat=True) if _is_report(client, pos)}
    assert found == {begun}
    words = client.get("/api/v1/reports/999999").json()["error"]["words"]
    assert words.startswith("No show began at position 999999")
    assert client.get("/api/v1/halls/h9/reports").status_code == 404


def _is_report(client: Client, pos: int) -> bool:
    status = client.get(f"/api/v1/reports/{pos}").status_code
    assert status in (200, 404)
    return status == 200


def test_the_page_is_for_people_who_are_logged_in_and_reads_as_sentences(hall: LivedHall) -> None:
    showing.a_night(hall)
    hall.end()
    pos = reports()[0]["pos"]
    assert Client().get(f"/reports/{pos}").status_code == 302
    client = Client()
    client.force_login(person())
    page = client.get(f"/reports/{pos}").content.decode()
    assert "with the end of its film." in page
    assert "It was stopped once, for 1 min 3" in page
    assert "<td>the film broke: thread it again</td>" in page
    assert f'href="/reports/{pos}"' in client.get("/reports").content.decode()
    assert client.get("/reports/1").status_code == 404
    assert client.get(f"/reports/{2**70}").status_code == 404


def test_a_report_costs_so_many_queries(hall: LivedHall) -> None:
    hall.idle()
    showing.thread(hall, (2000,))
    showing.start(hall)
    showing.end_and_rewind(hall)
    hall.hear(e.FilmRemoved)
    showing.a_night(hall)
    hall.end()
    ask = Asking()
    lines = ask("/halls/h1/reports")["reports"]
    listed = ask.queries
    for line in lines:
        ask(f"/reports/{line['pos']}")
        assert (listed, ask.queries) == (5, 8)
