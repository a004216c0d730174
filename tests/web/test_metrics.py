# SPDX-License-Identifier: Apache-2.0
"""/metrics tells what runtime and halls left in the store, and what the web measures; the dashboard asks for that."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from adapters.store.models import HallNow, RuntimeNow
from statemachines.alarms import Alarm
from statemachines.hall import new_hall
from statemachines.now import Now
from statemachines.settings import Settings
from statemachines.values import canonical
from statemachines.words import State
from tests.web.support.access import bearer

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "packaging" / "grafana-dashboard.json"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
NOW_NS = 1_800_000_000_000_000_000

FIGURES = {
    "started_ns": NOW_NS - 60_000_000_000,
    "events": {"film_broke": 2, "frame_counted": 4000},
    "transitions": {"hall": {"projecting>fault:film_broke": 2}, "session": {"down>connecting:session_wanted": 8}},
    "refusals": {"fault": 3},
    "rotations": 5,
    "handshakes": {"ok": 13, "failed": 1, "refused": 0},
    "step_us": {"bounds": [100, 1000], "counts": [7, 2, 1], "sum": 4500},
    "halls": {"fault": 1},
    "sessions": {"projection": {"up": 1}, "sound": {}},
    "heard": {"live": 900, "from_ring": 20, "lost": 4, "duplicates": 1, "stale": 0, "overflows": 2},
    "malformed": {"unknown_word": 6},
    "log": {"waiting": 12, "lag_ms": 250, "lost": 1},
    "mailboxes": {"waiting": 3, "fullest": 2, "coalesced": 41},
}
HALL_FIGURES = {
    "round_trip_us": {"projection": 380, "sound": None},
    "mailbox": 2,
    "coalesced": 41,
    "heard": {"projection": {"live": 450, "from_ring": 20, "lost": 4, "duplicates": 1}},
}


@pytest.fixture
def told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site whose runtime has told all its figures, one second ago."""
    import time

    monkeypatch.setattr(time, "time_ns", lambda: NOW_NS)
    alarm = Alarm(name="film_break", words="the film broke", since_ns=1)
    hall = new_hall("h1", Settings())
    fields = {name: getattr(hall, name) for name in hall.__struct_fields__} | {"state": State.FAULT, "alarms": (alarm,)}
    value = canonical(Now(hall=type(hall)(**fields))).decode()
    RuntimeNow.objects.create(at_ns=NOW_NS - 1_000_000_000, figures=json.dumps(FIGURES))
    beat_ns = NOW_NS - 2_000_000_000
    figures = json.dumps(HALL_FIGURES)
    HallNow.objects.create(hall="h1", value=value, log_seq=1, at_ns=1, heartbeat_ns=beat_ns, figures=figures)


def scraped() -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample that a scrape gets."""
    answer = Client(headers=bearer()).get("/metrics")
    assert answer.status_code == 200, answer.content
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("runtime_up", {}, 1),
        ("runtime_beat_age_seconds", {}, 1),
        ("runtime_start_time_seconds", {}, NOW_NS / 1e9 - 60),
        ("events_total", {"kind": "frame_counted"}, 4000),
        ("transitions_total", {"machine": "hall", "edge": "projecting>fault:film_broke"}, 2),
        ("transitions_total", {"machine": "session", "edge": "down>connecting:session_wanted"}, 8),
        ("refusals_total", {"state": "fault"}, 3),
        ("rotations_total", {}, 5),
        ("handshakes_total", {"outcome": "failed"}, 1),
        ("step_seconds_bucket", {"le": "0.0001"}, 7),
        ("step_seconds_bucket", {"le": "0.001"}, 9),
        ("step_seconds_bucket", {"le": "+Inf"}, 10),
        ("step_seconds_count", {}, 10),
        ("step_seconds_sum", {}, 0.0045),
        ("halls", {"state": "fault"}, 1),
        ("sessions", {"role": "projection", "state": "up"}, 1),
        ("kernel_events_total", {"outcome": "from_ring"}, 20),
        ("kernel_events_total", {"outcome": "lost"}, 4),
        ("kernel_overflows_total", {}, 2),
        ("kernel_malformed_total", {"reason": "unknown_word"}, 6),
        ("log_waiting_rows", {}, 12),
        ("log_lag_seconds", {}, 0.25),
        ("log_lost_rows", {}, 1),
        ("log_position", {}, 0),
        ("mailbox_waiting", {}, 3),
        ("mailbox_fullest", {}, 2),
        ("mailbox_coalesced_total", {}, 41),
        ("hall_state", {"hall": "h1", "state": "fault"}, 1),
        ("hall_beat_age_seconds", {"hall": "h1"}, 2),
        ("hall_mailbox_waiting", {"hall": "h1"}, 2),
        ("hall_kernel_events_total", {"hall": "h1", "role": "projection", "outcome": "lost"}, 4),
        ("session_round_trip_seconds", {"hall": "h1", "role": "projection"}, 0.00038),
        ("alarms", {"hall": "h1", "state": "unacknowledged"}, 1),
        ("web_store_up", {}, 1),
    ],
)
def test_a_scrape_tells(told: None, name: str, labels: dict[str, str], value: float) -> None:
    assert scraped()[f"projectionist_{name}", frozenset(labels.items())] == pytest.approx(value)


def test_a_session_that_is_not_open_has_no_round_trip(told: None) -> None:
    trips = [labels for name, labels in scraped() if name == "projectionist_session_round_trip_seconds"]
    assert trips == [frozenset({("hall", "h1"), ("role", "projection")})]


def test_requests_are_counted_by_route_and_not_by_address(state: Path) -> None:
    client = Client(headers=bearer())
    before = scraped()
    for hall in ("h1", "h2", "h3"):
        client.get(f"/api/v1/halls/{hall}")
    client.get("/no/such/page")
    after = scraped()
    changed = {
        key: value - before.get(key, 0) for key, value in after.items() if key[0] == "projectionist_web_requests_total"
    }
    told = {tuple(sorted(labels)): n for (_name, labels), n in changed.items() if n}
    assert told[("method", "GET"), ("route", "api/v1/halls/<hall>"), ("status", "200")] == 2
    assert told[("method", "GET"), ("route", "api/v1/halls/<hall>"), ("status", "404")] == 1
    assert not [labels for labels in told if "no/such" in str(labels)]


def test_a_site_on_which_no_runtime_has_run_says_so(state: Path) -> None:
    found = scraped()
    assert found["projectionist_runtime_up", frozenset()] == 0
    assert not [name for name, _labels in found if name == "projectionist_runtime_beat_age_seconds"]


@pytest.mark.parametrize("figures", ['{"events": 3}', "[]", "no json"])
def test_figures_of_another_version_leave_everything_else_told(told: None, figures: str) -> None:
    RuntimeNow.objects.update(figures=figures)
    HallNow.objects.update(figures=figures, value="{}")
    found = scraped()
    assert found["projectionist_runtime_up", frozenset()] == 1
    assert found["projectionist_hall_beat_age_seconds", frozenset({("hall", "h1")})] == 2


def test_while_the_database_is_away_the_web_still_tells_of_itself(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("web.metrics.store.newest_pos", away)
    found = scraped()
    assert found["projectionist_web_store_up", frozenset()] == 0
    assert ("projectionist_web_viewers", frozenset()) in found


def test_whoever_has_no_token_is_told_nothing(state: Path) -> None:
    answer = Client().get("/metrics")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "projectionist_" not in answer.content.decode()


def names_in(text: str) -> set[str]:
    return set(re.findall(r"projectionist_[a-z_]+", text))


def test_every_name_in_the_dashboard_is_told_and_every_name_told_is_in_the_reference(told: None) -> None:
    Client().get("/api/v1/health")
    there = {name for name, _labels in scraped()}
    asked = names_in(DASHBOARD.read_text())
    assert len(asked) > 30
    assert asked - there == set()
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in there}
    assert families - names_in(REFERENCE.read_text()) == set()
