# SPDX-License-Identifier: Apache-2.0
"""The print book in the API: prints put in, corrected, taken out; shows follow their print."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.web.support.access import bearer
from tests.web.support.schedule import METROPOLIS, operator, plan
from web.accounts.scopes import Scope

JSON = "application/json"


@pytest.fixture
def client(state: Path) -> Client:
    return operator()


def add(client: Client, **fields: object) -> dict[str, Any]:
    answer = client.post("/api/v1/prints", {**METROPOLIS, **fields}, JSON)
    assert answer.status_code == 201, answer.json()
    told: dict[str, Any] = answer.json()
    return told


def test_a_print_is_told_as_it_was_put_in_and_the_book_is_by_title(client: Client) -> None:
    sunrise = add(client, title=" Sunrise ", notes="vinegar on reel 3")
    metropolis = add(client)
    assert client.get(f"/api/v1/prints/{sunrise['id']}").json() == sunrise
    assert (sunrise["title"], sunrise["notes"], sunrise["feet"]) == ("Sunrise", "vinegar on reel 3", [2000, 1950])
    assert client.get("/api/v1/prints").json() == {"prints": [metropolis, sunrise]}


def test_a_correction_of_a_print_is_one_of_its_shows(client: Client) -> None:
    book = add(client)
    made = plan(client, print=book["id"])
    answer = client.patch(f"/api/v1/prints/{book['id']}", {"feet": [1990, 1940]}, JSON)
    assert answer.json() == {**book, "feet": [1990, 1940]}
    assert client.get(f"/api/v1/shows/{made['id']}").json()["feet"] == [1990, 1940]


def test_a_print_that_shows_refer_to_stays(client: Client) -> None:
    book = add(client)
    plan(client, print=book["id"])
    answer = client.delete(f"/api/v1/prints/{book['id']}")
    assert (answer.status_code, answer.json()["error"]["words"]) == (
        422,
        "Metropolis is the print of 1 show: it stays.",
    )


def test_a_print_that_nobody_needs_is_taken_out(client: Client) -> None:
    book = add(client)
    assert client.delete(f"/api/v1/prints/{book['id']}").status_code == 204
    assert client.get(f"/api/v1/prints/{book['id']}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": "Metropolis"}, "The book has a print called Metropolis already: give this one a title of its own."),
        ({"title": "x" * 121}, "The title"),
        ({"title": "Sunrise", "gauge": 9}, "No film is 9 mm wide here"),
        ({"title": "Sunrise", "feet": []}, "A film has 1 to 40 reels"),
        ({"title": "Sunrise", "notes": "a\0b"}, "The notes hold a NUL"),
        ({"title": "Sunrise", "feet": [20_001]}, "Reel 1 of 20001 ft cannot be"),
    ],
)
def test_what_cannot_be_is_refused_in_words(client: Client, fields: dict[str, object], words: str) -> None:
    add(client)
    answer = client.post("/api/v1/prints", {**METROPOLIS, **fields}, JSON)
    assert answer.status_code == 422
    assert answer.json()["error"]["words"].startswith(words)


def test_a_print_keeps_its_title_when_only_its_feet_change(client: Client) -> None:
    book = add(client)
    assert client.patch(f"/api/v1/prints/{book['id']}", {"notes": "new leader"}, JSON).json()["title"] == "Metropolis"


def test_a_print_that_is_not_there(client: Client) -> None:
    nobody = f"/api/v1/prints/{uuid4()}"
    for answer in (client.get(nobody), client.delete(nobody), client.patch(nobody, {}, JSON)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_whoever_only_looks_changes_nothing(client: Client) -> None:
    book = add(client)
    looks = Client(headers=bearer(Scope.VIEW))
    assert looks.get("/api/v1/prints").status_code == 200
    assert looks.post("/api/v1/prints", METROPOLIS, JSON).status_code == 403
    assert looks.delete(f"/api/v1/prints/{book['id']}").status_code == 403
