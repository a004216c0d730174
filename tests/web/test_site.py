# SPDX-License-Identifier: Apache-2.0
"""The site, and whether what is shown of it is alive."""

import time
from importlib.metadata import version
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client

from adapters.store.models import SiteEntry
from statemachines.settings import SECOND
from tests.web.support.access import describe
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of, show_life


def ready() -> tuple[int, dict[str, object]]:
    """Ask as somebody without a login."""
    answer = Client().get("/api/v1/ready")
    return answer.status_code, answer.json()


def test_a_site_tells_its_name_its_clock_and_how_far_its_log_is(state: Path) -> None:
    describe()
    SiteEntry.objects.update(zone="Europe/Berlin")
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.end()
    before_ms = time.time_ns() // 1_000_000
    site = Asking()("/site")
    assert (site["id"], site["name"], site["zone"], site["runtime"]) == ("rialto", "Rialto", "Europe/Berlin", "live")
    assert site["version"] == version("projectionist")
    assert site["pos"] == Asking()("/events")["events"][0]["pos"]
    assert before_ms <= site["now_ms"] <= time.time_ns() // 1_000_000
    assert abs(site["beat_ms"] - site["now_ms"]) < 5_000


@pytest.mark.usefixtures("state")
def test_a_site_on_which_nothing_ran_says_so() -> None:
    site = Asking()("/site")
    assert (site["runtime"], site["beat_ms"], site["pos"]) == ("never", None, 0)
    status, told = ready()
    assert (status, told["error"]) == (
        503,
        {"code": "runtime_never", "words": "No runtime has run on this site yet. Start projectionist run."},
    )


@pytest.mark.usefixtures("state")
def test_a_runtime_is_dead_five_seconds_after_its_last_beat_and_quiet_before() -> None:
    show_life(at_ns=time.time_ns() - 4 * SECOND)
    assert Asking()("/site")["runtime"] == "live"
    status, told = ready()
    assert (status, told["runtime"]) == (200, "live")
    show_life(at_ns=time.time_ns() - 6 * SECOND)
    assert Asking()("/site")["runtime"] == "dead"
    status, told = ready()
    assert (status, told["error"]["code"]) == (503, "runtime_dead")  # type: ignore[index]


@pytest.mark.usefixtures("state")
def test_a_database_that_is_away_is_told_and_costs_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Asking()

    def away() -> int:
        raise OperationalError("disk I/O error at /var/lib/projectionist/log.sqlite")

    monkeypatch.setattr("web.sight.site_view.newest_pos", away)
    status, told = ready()
    assert (status, told["error"]) == (503, {"code": "no_database", "words": "The database does not answer."})
    refused = ask.refused("/halls", 503)
    assert refused["code"] == "unavailable"
    assert "/var/lib" not in refused["words"]
