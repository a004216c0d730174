# SPDX-License-Identifier: Apache-2.0
"""Notes of shifts: written by operators, never edited, struck through by their author or an admin."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from statemachines.settings import SECOND
from tests.web.support import showing
from tests.web.support.access import bearer, describe, person
from tests.web.support.lived import LivedHall, log_of
from web.accounts.scopes import Scope

MISCHIEF = "<script>alert('reel')</script> & \"so on\""


@pytest.fixture
def anna(state: Path) -> Client:
    describe()
    return Client(headers=bearer(Scope.OPERATE, "anna"))


@pytest.fixture
def shown(state: Path) -> Iterator[LivedHall]:
    """A hall that has just shown a film."""
    describe()
    with log_of(state) as log:
        hall = LivedHall(log, begins_ns=1_790_000_000 * SECOND)
        showing.a_night(hall)
        hall.end()
        yield hall


def write(client: Client, text: str = "Bad splice in reel 2.", **more: object) -> Any:
    answer = client.post("/api/v1/notes", {"text": text, **more}, content_type="application/json")
    assert answer.status_code == HTTPStatus.OK, answer.content
    return answer.json()


def strike(client: Client, note: int) -> int:
    return int(client.post(f"/api/v1/notes/{note}/strike").status_code)


def read(client: Client, query: str = "") -> Any:
    answer = client.get(f"/api/v1/notes?{query}")
    assert answer.status_code == HTTPStatus.OK, answer.content
    return answer.json()


def texts(client: Client, query: str = "") -> list[str]:
    return [note["text"] for note in read(client, query)["notes"]]


def test_a_note_is_kept_with_its_author_hall_and_time(anna: Client) -> None:
    made = write(anna, hall="h1", at_ms=1_790_000_000_000)
    assert read(Client(headers=bearer(Scope.VIEW)))["notes"] == [made]
    assert (made["author"], made["hall"], made["at_ms"], made["struck_ms"]) == ("anna", "h1", 1_790_000_000_000, None)


def test_notes_are_found_by_hall_and_time(anna: Client) -> None:
    write(anna, "one", hall="h1", at_ms=1000)
    write(anna, "two", hall="h2", at_ms=2000)
    write(anna, "all", at_ms=3000)
    assert texts(anna) == ["all", "two", "one"]
    assert texts(anna, "hall=h1") == ["one"]
    assert texts(anna, "hall=") == ["all"]
    assert texts(anna, "from_ms=2000&to_ms=2999") == ["two"]
    assert anna.get("/api/v1/notes?hall=h9").status_code == HTTPStatus.NOT_FOUND


def test_pages_of_notes_hold_each_once(anna: Client) -> None:
    for n in range(5):
        write(anna, str(n))
    page = read(anna, "limit=2")
    found = page["notes"]
    while page["next"]:
        page = read(anna, f"limit=2&before={page['next']}")
        found += page["notes"]
    assert [note["text"] for note in found] == list("43210")


def test_its_author_strikes_it_through_and_it_stays_readable(anna: Client) -> None:
    note = write(anna)["id"]
    assert strike(anna, note) == HTTPStatus.OK
    [found] = read(anna)["notes"]
    assert (found["text"], found["struck_by"]) == ("Bad splice in reel 2.", "anna")
    assert strike(Client(headers=bearer(Scope.ADMIN, "boss")), note) == HTTPStatus.OK
    assert read(anna)["notes"] == [found]


def test_nobody_else_strikes_it_through_but_an_admin(anna: Client) -> None:
    note = write(anna)["id"]
    for other in ("boris", "anna"):  # the second is another token of the same name
        answer = Client(headers=bearer(Scope.OPERATE, other)).post(f"/api/v1/notes/{note}/strike")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert answer.json()["error"]["words"] == "Only anna or an admin may strike this note through."
    namesake = Client()
    namesake.force_login(person(Scope.OPERATE, "anna"))
    assert strike(namesake, note) == HTTPStatus.FORBIDDEN
    assert strike(Client(headers=bearer(Scope.ADMIN)), note) == HTTPStatus.OK
    assert strike(anna, note + 1) == HTTPStatus.NOT_FOUND


def test_a_note_cannot_be_changed_or_removed(anna: Client) -> None:
    note = write(anna)["id"]
    for method in (anna.put, anna.patch, anna.delete):
        status = method(f"/api/v1/notes/{note}", {"text": "no"}, content_type="application/json").status_code
        assert status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    assert texts(anna) == ["Bad splice in reel 2."]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 1001, "bell\a", "nothing\0", "back\u202ewards"])
def test_what_is_no_note_is_refused_in_words(anna: Client, text: str) -> None:
    answer = anna.post("/api/v1/notes", {"text": text}, content_type="application/json")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["words"]
    assert texts(anna) == []


def test_a_hall_that_is_not_there_has_no_notes(anna: Client) -> None:
    answer = anna.post("/api/v1/notes", {"text": "where?", "hall": "h9"}, content_type="application/json")
    assert answer.json()["error"]["words"] == "There is no hall h9 here; there are h1, h2."


def test_whoever_may_only_look_writes_nothing(state: Path) -> None:
    viewer = Client(headers=bearer(Scope.VIEW))
    answer = viewer.post("/api/v1/notes", {"text": "me too"}, content_type="application/json")
    assert answer.status_code == HTTPStatus.FORBIDDEN


def test_a_report_shows_the_notes_of_its_hall_and_of_the_site_and_of_its_time(shown: LivedHall, anna: Client) -> None:
    line = anna.get("/api/v1/halls/h1/reports").json()["reports"][0]
    within = line["started_ms"] + 60_000
    write(anna, "of the hall", hall="h1", at_ms=within)
    write(anna, "of the site", at_ms=within + 1)
    write(anna, "of another hall", hall="h2", at_ms=within)
    write(anna, "of another day", hall="h1", at_ms=line["started_ms"] - 1)
    struck = write(anna, "a mistake", hall="h1", at_ms=within + 2)
    strike(anna, struck["id"])
    told = anna.get(f"/api/v1/reports/{line['pos']}").json()
    assert [note["text"] for note in told["notes"]] == ["of the hall", "of the site", "a mistake"]


def test_what_a_note_says_is_never_read_as_a_page(shown: LivedHall, anna: Client) -> None:
    line = anna.get("/api/v1/halls/h1/reports").json()["reports"][0]
    note = write(anna, MISCHIEF, hall="h1", at_ms=line["started_ms"] + 1)
    reader = Client()
    reader.force_login(person())
    escaped = "&lt;script&gt;alert(&#x27;reel&#x27;)&lt;/script&gt; &amp; &quot;so on&quot;"
    written = reader.get(f"/reports/{line['pos']}").content.decode()
    strike(anna, note["id"])
    struck = reader.get(f"/reports/{line['pos']}").content.decode()
    assert escaped in written
    assert f"<s>{escaped}</s>" in struck
    assert "<script>" not in written + struck
