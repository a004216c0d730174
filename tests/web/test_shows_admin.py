# SPDX-License-Identifier: Apache-2.0
"""Shows and prints in the admin pages: read and written in words, held to the same rules as everywhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from adapters.store.models import PrintEntry, ShowEntry
from tests.web.support.access import describe, person
from tests.web.support.schedule import in_minutes
from web.accounts.models import User
from web.accounts.scopes import Scope

PRINT = {"title": "Metropolis", "gauge": "35", "feet_words": "2000 1950", "notes": ""}
PRINTS, SHOWS = "/admin/store/printentry/", "/admin/store/showentry/"


def starts(hours: int = 30) -> str:
    """Return a time as people write it; the site's zone is UTC."""
    return f"{datetime.fromtimestamp(in_minutes(0) / 1000, UTC) + timedelta(hours=hours):%Y-%m-%d %H:%M}"


@pytest.fixture
def client(state: Path) -> Client:
    """Somebody who operates, and may enter the admin."""
    describe()
    user = person(Scope.OPERATE)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def show(**fields: object) -> dict[str, object]:
    book = PrintEntry.objects.get_or_create(title="Metropolis", gauge=35, feet=[2000, 1950])[0]
    words = {"hall": "h1", "starts_0": "", "starts": starts(), "print": str(book.pk), "title": "", "gauge": ""}
    return {**words, "feet_words": "", "start": "operator", "cue_words": "2:480 lights up", **fields}


def test_a_print_is_put_into_the_book_in_words(client: Client) -> None:
    assert client.get(f"{PRINTS}add/").status_code == 200
    assert client.post(f"{PRINTS}add/", PRINT).status_code == 302
    book = PrintEntry.objects.get()
    assert (book.title, book.gauge, book.feet) == ("Metropolis", 35, [2000, 1950])
    page = client.get(f"{PRINTS}{book.pk}/change/")
    assert 'value="2000 1950"' in page.content.decode()
    assert client.get(PRINTS).status_code == 200


@pytest.mark.parametrize(("feet", "words"), [("short", "feet are whole numbers"), ("5", "reel 1 of 5 ft cannot be")])
def test_a_print_that_cannot_be_says_so_on_the_page(client: Client, feet: str, words: str) -> None:
    page = client.post(f"{PRINTS}add/", {**PRINT, "feet_words": feet})
    assert words in page.content.decode()
    assert not PrintEntry.objects.exists()


def test_a_show_is_planned_changed_and_cancelled(client: Client) -> None:
    assert client.get(f"{SHOWS}add/").status_code == 200
    assert client.post(f"{SHOWS}add/", show()).status_code == 302
    made = ShowEntry.objects.get()
    assert (made.hall, made.made_by, made.print.title if made.print else "") == ("h1", "anna", "Metropolis")
    assert made.cues == [{"reel": 2, "frame": 480, "verb": "lights", "arg": "up"}]
    page = client.get(f"{SHOWS}{made.pk}/change/").content.decode()
    assert "2:480 lights up" in page
    assert client.post(f"{SHOWS}{made.pk}/change/", show(hall="h2", cue_words="")).status_code == 302
    made = ShowEntry.objects.get()
    assert (made.hall, made.cues) == ("h2", [])
    assert "planned" in client.get(SHOWS).content.decode()
    client.post(SHOWS, {"action": "cancel", "_selected_action": [str(made.pk)]})
    assert ShowEntry.objects.get().cancelled_ns is not None
    assert "cancelled" in client.get(SHOWS).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"starts": "2020-01-01 20:00"}, "20:00 on 01 Jan 2020 is past"),
        ({"cue_words": "lights up"}, "a cue is &#x27;FRAME VERB ARG&#x27;"),
        ({"print": ""}, "the title &#x27;&#x27; does not fit"),
    ],
)
def test_a_show_that_cannot_be_says_so_on_the_page(client: Client, fields: dict[str, str], words: str) -> None:
    page = client.post(f"{SHOWS}add/", show(**fields))
    assert words in page.content.decode()
    assert not ShowEntry.objects.exists()


def test_whoever_only_looks_does_not_plan(client: Client) -> None:
    User.objects.update(scope=Scope.VIEW)
    assert client.post(f"{SHOWS}add/", show()).status_code in (302, 403)
    assert not ShowEntry.objects.exists()
