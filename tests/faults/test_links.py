# SPDX-License-Identifier: Apache-2.0
"""Servers that fall silent in the middle of a show: found within 5 s, the show goes on, and all is well again."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from statemachines.record import Record
from statemachines.words import Motor, Role, State
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound, raised
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import stopped
from tests.faults.stage import is_standing, over_cables, over_proxies, since
from tests.support.multiplex import Multiplex

FOUND_S = 5.0
BACK_S = 30.0
ALARM = "session_lost_projection"
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces")

Trouble = AbstractContextManager[None]


def lives_through(site: Multiplex, deeds: Deeds, trouble: Trouble, *, lasts_s: float = 8.0) -> dict[str, object]:
    """Let trouble come over a running show, and end; return how long it took to be noticed and to be over."""
    with trouble:
        began_ns = deeds.done[-1].at_ns
        site.until("the alarm stands", lambda: is_standing(site.hall("h1"), ALARM), FOUND_S + 1)
        (alarm,) = raised(since(site.rows("h1"), began_ns))
        found_s = (alarm.at_ns - began_ns) / 1e9
        assert found_s <= FOUND_S
        goes_on(site, lasts_s - found_s)
    ended_ns = deeds.done[-1].at_ns
    site.until("the session is back", lambda: not is_standing(site.hall("h1"), ALARM), BACK_S)
    back = next(row for row in since(site.rows("h1"), ended_ns) if row.kind == "session_up")
    assert_sound(site, "h1")
    rows = since(site.rows("h1"), began_ns)
    assert [effect["name"] for row in raised(rows) for effect in row.effects if effect["do"] == "raise_alarm"] == [
        ALARM
    ]
    return {"found after s": found_s, "back after s": (back.at_ns - ended_ns) / 1e9, "attempts": len(retries(rows))}


def goes_on(site: Multiplex, for_s: float) -> None:
    """The picture stays on the screen and the film runs."""
    before = site.device("h1")
    moved = round(for_s * 500)
    site.until("the film has run on", lambda: site.device("h1").frame >= before.frame + moved, for_s + 10)
    now = site.device("h1")
    assert (now.dowser_open, now.motor, site.hall("h1").state) == (True, Motor.RUN, State.PROJECTING)


def retries(rows: list[Record]) -> list[float]:
    """Return after how many s each next attempt was planned."""
    return [
        (effect["at_ns"] - row.at_ns) / 1e9
        for row in rows
        for effect in row.effects
        if effect["do"] == "arm_timer" and effect["name"] == "session:projection:retry"
    ]


def acknowledge(site: Multiplex) -> None:
    """A person has seen it: an alarm whose cause is gone is normal again, and kept no longer."""
    asked = site.request("h1", "acknowledge", ALARM)
    assert asked.returncode == 0, asked.stderr
    site.until("the alarm is normal", lambda: not site.hall("h1").alarms)


@contextmanager
def stopped_sshd(site: Multiplex, deeds: Deeds) -> Iterator[None]:
    """The server's processes stand still; its kernel goes on acknowledging."""
    assert site.sshd is not None
    with stopped(deeds, "sshd", int((site.sshd.root / "sshd.pid").read_text())):
        yield


@pytest.mark.real_sshd
@NEEDS_ROOT
@pytest.mark.parametrize("kind", ["dropped", "pulled", "rejected"])
def test_a_cable_is_cut_in_a_show(tmp_path: Path, deeds: Deeds, campaign: Campaign, kind: str) -> None:
    with over_cables(tmp_path, deeds) as (site, cables):
        with cables.here.entered():
            site.start()
        site.project("h1")
        rows = [lives_through(site, deeds, getattr(cables, kind)(0)) for _ in range(campaign.of(4))]
        campaign.record(f"Cable {kind} in a show", rows)
        acknowledge(site)
        assert site.end() == 0
