# SPDX-License-Identifier: Apache-2.0
"""The pages' frames: whoever is not signed in is asked to, and nothing in them is written into the page."""

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

from adapters.store.directory import describe_site
from adapters.store.models import HallEntry, SiteEntry
from tests.web.support.access import person
from web.accounts.models import User
from web.accounts.scopes import Scope


@pytest.fixture
def anna(state: Path) -> Client:
    client = Client()
    client.force_login(person(Scope.OPERATE))
    return client


def describe() -> None:
    halls = [HallEntry(id="h1", name="Hall 1 <b>", projection="p1", sound="s1")]
    describe_site(site=SiteEntry(id="rialto", name="Rialto", zone="Europe/Berlin"), halls=halls, servers=[])


@pytest.mark.parametrize("path", ["/", "/?wall", "/halls/h1"])
def test_without_a_login_every_page_leads_to_it(state: Path, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


def test_a_person_signs_in_comes_to_the_page_asked_for_and_signs_out(state: Path) -> None:
    User.objects.create_user("anna", password="long enough for anna")
    client = Client()
    form = {"username": "anna", "password": "long enough for anna", "next": "/?wall"}
    wrong = client.post("/login", {**form, "password": "no"})
    assert wrong.status_code == 200
    assert 'role="alert"' in wrong.content.decode()
    assert client.post("/login", form)["Location"] == "/?wall"
    assert client.get("/").status_code == 200
    assert client.get("/logout").status_code == 405  # a link elsewhere must not sign anybody out
    client.post("/logout")
    assert client.get("/").status_code == 302


def test_the_hall_page_names_the_hall_and_only_halls_that_are_here(anna: Client) -> None:
    describe()
    answer = anna.get("/halls/h1").content.decode()
    assert '<hall-page src="/api/v1" hall="h1" scope="operate"' in answer
    assert "<title>Hall 1 &lt;b&gt; · Rialto</title>" in answer
    missing = anna.get("/halls/h9")
    assert missing.status_code == 404
    assert "There is no such page here" in missing.content.decode()


def test_the_wall_view_has_no_controls(anna: Client) -> None:
    assert " wall></hall-board>" in anna.get("/?wall").content.decode()
    assert "Sign out" not in anna.get("/?wall").content.decode()
    assert "Sign out" in anna.get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/halls/h1", "/login", "/halls/h9"])
def test_no_page_carries_script_or_style_within(anna: Client, path: str) -> None:
    describe()
    page = (Client() if path == "/login" else anna).get(path).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_what_the_pages_load_is_there(anna: Client) -> None:
    describe()
    pages = [anna.get(path).content.decode() for path in ("/", "/halls/h1")]
    wanted = {name for page in pages for name in re.findall(r'"(/static/board/[^"]+)"', page)}
    assert "/static/board/hall-board.js" in wanted
    folder = Path(__file__).parents[3] / "web" / "board"
    assert [name for name in wanted if not (folder / name.lstrip("/")).is_file()] == []


@pytest.mark.parametrize(("scope", "days"), [(Scope.VIEW, 365), (Scope.OPERATE, 14)])
def test_a_wall_screen_stays_signed_in_when_it_may_only_look(state: Path, scope: Scope, days: int) -> None:
    client = Client()
    client.force_login(person(scope, "wall"))
    client.get("/?wall")
    assert round(client.session.get_expiry_age() / 86_400) == days


def test_the_board_stays_small() -> None:
    """All of its script and style together, compressed; the hall page's own part comes on top."""
    folder = Path(__file__).parents[3] / "web" / "board" / "static" / "board"
    missing, parts = {"hall-board.js"}, dict[str, bytes]()
    while missing:
        name = missing.pop()
        parts[name] = (folder / name).read_bytes()
        missing |= set(re.findall(r'from "\./([^"]+)"', parts[name].decode())) - parts.keys()
    assert "hall-page.js" not in parts
    assert len(gzip.compress(b"".join(parts[name] for name in sorted(parts)))) < 19_000
