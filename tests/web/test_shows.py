# SPDX-License-Identifier: Apache-2.0
"""The schedule in the API: shows planned, refused in words, changed, cancelled, and what became of them."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.test import Client

from adapters.store.directory import describe_site
from adapters.store.models import HallEntry, SiteEntry
from adapters.store.shows import planned_shows
from adapters.store.wake import Wake, wake_path
from statemachines import events as e
from statemachines.settings import SECOND, Settings
from statemachines.show import Cue, Show, Start
from statemachines.words import Verb
from tests.web.support.access import bearer
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of
from tests.web.support.schedule import asked, in_minutes, operator, plan, refusal
from web.accounts.scopes import Scope


@pytest.fixture
def client(state: Path) -> Client:
    return operator()


def got(client: Client, show_id: str) -> dict[str, object]:
    told: dict[str, object] = client.get(f"/api/v1/shows/{show_id}").json()
    return told


def changed(client: Client, show_id: str, **fields: object) -> tuple[int, dict[str, object]]:
    answer = client.patch(f"/api/v1/shows/{show_id}", fields, content_type="application/json")
    return answer.status_code, answer.json()


class TestPlanning:
    def test_a_show_is_told_as_it_was_asked_for(self, client: Client) -> None:
        cues = [{"reel": 2, "frame": 480, "verb": "lights", "arg": "up"}]
        made = plan(client, start="schedule", cues=cues)
        assert made == got(client, made["id"])
        assert (made["hall"], made["title"], made["gauge"], made["feet"]) == ("h1", "Metropolis", 35, [2000, 1950])
        assert (made["start"], made["cues"], made["state"], made["print"]) == ("schedule", cues, "planned", None)
        assert made["ends_ms"] - made["starts_ms"] == (2000 + 1950) * 16 * 1000 // 24

    def test_an_operator_starts_it_unless_said_otherwise(self, client: Client) -> None:
        assert plan(client)["start"] == "operator"

    def test_the_runtime_is_told_of_what_comes_and_of_nothing_else(self, client: Client) -> None:
        later, sooner = plan(client, 600), plan(client, 60, cues=[{"frame": 9, "verb": "curtain", "arg": "open"}])
        plan(client, 60 * 24 * 9)
        client.delete(f"/api/v1/shows/{plan(client, 300)['id']}")
        known = planned_shows(now_ns=time.time_ns())
        assert [show.id for show in known["h1"]] == [sooner["id"], later["id"]]
        assert known["h1"][0] == Show(
            id=str(sooner["id"]),
            title="Metropolis",
            starts_ns=int(str(sooner["starts_ms"])) * 1_000_000,
            start=Start.OPERATOR,
            gauge=35,
            feet=(2000, 1950),
            cues=(Cue(frame=9, verb=Verb.CURTAIN, arg="open"),),
        )

    def test_the_runtime_is_woken(self, client: Client, state: Path) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as runtime:
            runtime.settimeout(5)
            runtime.bind(str(wake_path(state)))
            plan(client)
            wake = msgspec.json.decode(runtime.recv(1024), type=Wake)
        assert (wake.hall, wake.verb) == ("h1", "schedule")

    def test_shows_are_listed_by_their_start_within_what_was_asked_for(self, client: Client) -> None:
        later, sooner, other = plan(client, 600), plan(client, 60), plan(client, 61, hall="h2")

        def listed(**query: str | int) -> list[str]:
            return [show["id"] for show in client.get("/api/v1/shows", query).json()["shows"]]

        assert listed() == [sooner["id"], other["id"], later["id"]]
        assert listed(hall="h2") == [other["id"]]
        assert listed(from_ms=in_minutes(100), to_ms=in_minutes(700)) == [later["id"]]

    def test_whoever_only_looks_plans_nothing(self, client: Client) -> None:
        made = plan(client)
        looks = Client(headers=bearer(Scope.VIEW))
        assert looks.get("/api/v1/shows").status_code == 200
        assert looks.post("/api/v1/shows", asked(200), content_type="application/json").status_code == 403
        assert looks.delete(f"/api/v1/shows/{made['id']}").status_code == 403
        assert Client().get("/api/v1/shows").status_code == 401


class TestRefusals:
    def test_an_unknown_hall(self, client: Client) -> None:
        assert refusal(client, hall="h9") == "There is no hall 'h9' here; there are h1, h2."

    def test_a_gauge_that_the_hall_cannot_run(self, client: Client, state: Path) -> None:
        with log_of(state) as log:
            LivedHall(log).take(e.HallConfigured(settings=Settings(gauges=(16, 35)), incarnation=1))
        assert refusal(client, gauge=70) == "Hall 1 cannot run 70 mm film: it takes 16 mm and 35 mm."
        assert plan(client, gauge=16)["gauge"] == 16

    def test_a_gauge_that_there_is_not(self, client: Client) -> None:
        assert refusal(client, gauge=8) == "No film is 8 mm wide here: choose one of 35, 70, 16."

    def test_the_past_in_the_sites_own_time(self, client: Client) -> None:
        halls = [HallEntry(id="h1", name="Hall 1", projection="p", sound="s")]
        describe_site(site=SiteEntry(id="rialto", name="Rialto", zone="Asia/Tokyo"), halls=halls, servers=[])
        answer = client.post(
            "/api/v1/shows", asked() | {"starts_ms": 1_767_312_000_000}, content_type="application/json"
        )
        assert answer.json()["error"]["words"] == "09:00 on 02 Jan 2026 is past."

    def test_an_overlap_with_what_is_shown_then(self, client: Client) -> None:
        plan(client, 60)
        words = refusal(client, 90)
        assert words.startswith("Hall 1 shows Metropolis then, from ")
        assert refusal(client, 30) != ""
        plan(client, 90, hall="h2")
        plan(client, 60 + 44)

    def test_no_overlap_with_what_was_cancelled(self, client: Client) -> None:
        client.delete(f"/api/v1/shows/{plan(client, 60)['id']}")
        plan(client, 60)

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"title": " "}, "The title '' does not fit: 1 to 120 characters in one line."),
            ({"feet": []}, "A film has 1 to 40 reels: give the feet of each."),
            ({"feet": [2000, 7]}, "Reel 2 of 7 ft cannot be: a reel has 20 to 20000 ft."),
            ({"print": str(uuid4())}, "The print book has no print"),
            (
                {"cues": [{"frame": 1, "verb": "dowser", "arg": "open"}]},
                "Cue 1: a cue moves lights, curtain, masking, not dowser.",
            ),
            (
                {"cues": [{"frame": 1, "verb": "lights", "arg": "dim"}]},
                "Cue 1: lights goes up or down, not 'dim'.",
            ),
            ({"cues": [{"reel": 3, "frame": 1, "verb": "lights", "arg": "up"}]}, "Cue 1: the show has no reel 3."),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, client: Client, fields: dict[str, Any], words: str) -> None:
        assert refusal(client, **fields).startswith(words)

    def test_everything_that_is_wrong_is_told_at_once(self, client: Client) -> None:
        assert refusal(client, hall="h9", feet=[1]).count(";") == 2

    def test_a_show_that_is_not_there(self, client: Client) -> None:
        nobody = f"/api/v1/shows/{uuid4()}"
        for answer in (client.get(nobody), client.delete(nobody), client.patch(nobody, {}, "application/json")):
            assert answer.status_code == 404
            assert answer.json()["error"]["words"].startswith("There is no show ")


class TestChanging:
    def test_only_what_is_named_changes(self, client: Client) -> None:
        made = plan(client)
        status, told = changed(client, made["id"], starts_ms=made["starts_ms"] + 600_000)
        assert status == 200
        assert told == {**made, "starts_ms": made["starts_ms"] + 600_000, "ends_ms": made["ends_ms"] + 600_000}

    def test_a_show_does_not_overlap_itself_and_others_still_do(self, client: Client) -> None:
        first, second = plan(client, 60), plan(client, 200)
        assert changed(client, first["id"], starts_ms=in_minutes(61))[0] == 200
        assert changed(client, second["id"], starts_ms=in_minutes(62))[0] == 422

    def test_feet_of_its_own_take_the_prints_place(self, client: Client) -> None:
        book = client.post("/api/v1/prints", {"title": "Sunrise", "feet": [900]}, "application/json").json()
        made = plan(client, print=book["id"])
        assert (made["title"], made["feet"], made["print"]) == ("Sunrise", [900], book["id"])
        _status, told = changed(client, made["id"], feet=[880])
        assert (told["title"], told["feet"], told["print"]) == ("Sunrise", [880], None)
        _status, told = changed(client, made["id"], print=book["id"])
        assert (told["feet"], told["print"]) == ([900], book["id"])

    def test_a_cancelled_show_stays_in_the_list_and_is_not_changed(self, client: Client) -> None:
        made = plan(client)
        assert client.delete(f"/api/v1/shows/{made['id']}").json()["state"] == "cancelled"
        assert client.delete(f"/api/v1/shows/{made['id']}").json()["state"] == "cancelled"
        status, told = changed(client, made["id"], title="Nosferatu")
        assert (status, told["error"]) == (
            422,
            {"code": "show_refused", "words": "Metropolis was cancelled: plan it anew."},
        )


class Evening:
    """A hall whose show began a minute ago."""

    def __init__(self, client: Client, hall: LivedHall) -> None:
        self.client, self.hall = client, hall
        self.planned = plan(client, 5)
        hall.idle()
        self.show = planned_shows(now_ns=time.time_ns())["h1"][0]
        hall.take(e.ShowScheduled(show=self.show))
        hall.hear(e.FilmInserted)
        hall.hear(e.FilmReady)
        hall.answer()
        hall.hear(e.LampLit)
        hall.ask("start")

    @property
    def state(self) -> object:
        return got(self.client, self.planned["id"])["state"]


class TestWhatBecameOfIt:
    @pytest.fixture
    def hall(self, state: Path) -> Iterator[LivedHall]:
        with log_of(state) as log:
            yield LivedHall(log, begins_ns=time.time_ns() - 60 * SECOND)

    def test_it_runs_from_its_start(self, client: Client, hall: LivedHall) -> None:
        evening = Evening(client, hall)
        hall.end()
        assert evening.state == "running"

    def test_it_is_done_when_its_last_reel_is(self, client: Client, hall: LivedHall) -> None:
        evening = Evening(client, hall)
        for _reel in evening.show.feet:
            hall.answer()
            hall.hear(e.MotorAtSpeed)
            hall.hear(e.ReelEnded)
            hall.hear(e.FilmRemoved)
            hall.hear(e.FilmInserted)
            hall.hear(e.FilmReady)
            hall.ask("start")
        hall.end()
        assert evening.state == "done"

    def test_neither_is_changed_or_cancelled_any_more(self, client: Client, hall: LivedHall) -> None:
        evening = Evening(client, hall)
        hall.end()
        words = "Metropolis is running: stop it in its hall."
        assert client.delete(f"/api/v1/shows/{evening.planned['id']}").json()["error"]["words"] == words
        _status, told = changed(client, evening.planned["id"], title="Nosferatu")
        assert told["error"] == {"code": "show_refused", "words": words}

    def test_one_that_nobody_started_is_late(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        made = plan(client, 1)
        now_ns = time.time_ns()
        monkeypatch.setattr(time, "time_ns", lambda: now_ns + 10 * 60 * SECOND)
        assert got(client, made["id"])["state"] == "late"


class TestCost:
    def test_a_list_costs_the_same_however_long_it_is(self, client: Client) -> None:
        ask = Asking()
        counts = []
        for minutes in (60, 180, 300):
            plan(client, minutes)
            ask("/shows")
            counts.append(ask.queries)
        ask("/prints")
        assert (counts, ask.queries) == ([2, 2, 2], 1)


class TestTheBoard:
    def test_says_what_comes_next_and_when_sessions_open(self, client: Client, state: Path) -> None:
        made = plan(client, 60)
        with log_of(state) as log:
            hall = LivedHall(log)
            hall.take(e.ShowScheduled(show=planned_shows(now_ns=time.time_ns())["h1"][0]))
            hall.end()
        assert client.get("/api/v1/halls/h1").json()["next_show"] == {
            "id": made["id"],
            "title": "Metropolis",
            "starts_ms": made["starts_ms"],
            "sessions_open_ms": made["starts_ms"] - 15 * 60_000,
            "start": "operator",
        }

    def test_says_what_is_in_the_path(self, client: Client, state: Path) -> None:
        with log_of(state) as log:
            hall = LivedHall(log, begins_ns=time.time_ns() - 60 * SECOND)
            Evening(client, hall)
            hall.end()
        told = client.get("/api/v1/halls/h1").json()
        assert (told["film"]["title"], told["next_show"]) == ("Metropolis", None)
