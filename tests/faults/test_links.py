# SPDX-License-Identifier: Apache-2.0
"""Servers that fall silent in the middle of a show: found within 5 s, the show goes on, and all is well again."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from statemachines.record import Record
from statemachines.words import Role
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound, names_raised, raised
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.namespaces import Cables
from tests.faults.nemesis.processes import stopped
from tests.faults.stage import goes_on, is_standing, over_cables, over_proxies, since
from tests.support.multiplex import Multiplex

FOUND_S = 5.0
BACK_S = 30.0
NOTE = "A link that lived for less than 15 s counts as flapping: the waits grow with troubles in quick succession."
LOST = {role: f"session_lost_{role}" for role in Role}
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces")

Trouble = AbstractContextManager[None]


LEASE_ENDED = "lease_ended"


def lives_through(site: Multiplex, deeds: Deeds, what: str, trouble: Trouble, *roles: Role) -> dict[str, object]:
    """Let trouble that concerns these roles come over a running show, and end; return how long each part took."""
    alarms = sorted(LOST[role] for role in roles)

    def told() -> list[str]:
        """What was raised, but for a lease that ended meanwhile: that is told besides, once the link is back."""
        return sorted(name for name in names_raised(since(site.rows("h1"), began.at_ns)) if name != LEASE_ENDED)

    with trouble:
        began = deeds.done[-1]
        site.until("each loss is told", lambda: told() == alarms, FOUND_S + 2)
        found_s = max(row.at_ns - began.at_ns for row in raised(since(site.rows("h1"), began.at_ns))) / 1e9
        assert found_s <= FOUND_S
        goes_on(site, 1.0)
    ended_ns = deeds.done[-1].at_ns
    site.until("the sessions are back", lambda: not any(is_standing(site.hall("h1"), name) for name in alarms), BACK_S)
    assert_sound(site, "h1")
    assert told() == alarms, "one cause is one alarm"
    rows = since(site.rows("h1"), began.at_ns)
    back = [row for row in rows if row.kind == "session_up"]
    waits = sorted({round(wait, 2) for wait in retries(rows, roles[0])})
    return {
        "what was done": what,
        "found after s": found_s,
        "back after s": (back[-1].at_ns - ended_ns) / 1e9,
        "waits between attempts s": " ".join(map(str, waits)),
    }


def retries(rows: list[Record], role: Role) -> list[float]:
    """Return after how many s each next attempt was planned."""
    return [
        (effect["at_ns"] - row.at_ns) / 1e9
        for row in rows
        for effect in row.effects
        if effect["do"] == "arm_timer" and effect["name"] == f"session:{role}:retry"
    ]


def acknowledge(site: Multiplex, alarm: str) -> None:
    """A person has seen it: an alarm whose cause is gone is normal again, and kept no longer."""
    asked = site.request("h1", "acknowledge", alarm)
    assert asked.returncode == 0, asked.stderr
    site.until(f"{alarm} is normal", lambda: alarm not in {each.name for each in site.hall("h1").alarms})


def ends_well(site: Multiplex) -> None:
    """Back-off had jitter; people see the alarms off; the runtime ends in order."""
    waits = [wait for role in Role for wait in retries(site.rows("h1"), role)]
    assert len(set(waits)) > len(waits) // 2, f"no jitter in {waits}"
    assert max(waits) <= 15
    for alarm in {alarm.name for alarm in site.hall("h1").alarms}:
        acknowledge(site, alarm)
    assert site.end() == 0


@contextmanager
def stopped_sshd(site: Multiplex, deeds: Deeds) -> Iterator[None]:
    """The server's processes stand still; its kernel goes on acknowledging."""
    assert site.sshd is not None
    with stopped(deeds, "sshd", int((site.sshd.root / "sshd.pid").read_text())):
        yield


@contextmanager
def forgotten(site: Multiplex, cables: Cables) -> Iterator[None]:
    """Half-open: behind a silent cable the server starts anew and knows nothing of our connection."""
    assert site.sshd is not None
    with cables.dropped(0), cables.there.entered():
        site.sshd.restart()
        yield


@pytest.mark.real_sshd
@NEEDS_ROOT
@pytest.mark.timeout(3600)
def test_servers_at_the_end_of_cables_that_are_cut(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    projection, both = (Role.PROJECTION,), tuple(Role)
    with over_cables(tmp_path, deeds) as (site, cables):
        with cables.here.entered():
            site.start()
        site.project("h1")
        troubles: list[tuple[str, Callable[[], Trouble], tuple[Role, ...]]] = [
            ("the cable drops every packet", lambda: cables.dropped(0), projection),
            ("the cable is pulled", lambda: cables.pulled(0), projection),
            ("the cable resets connections", lambda: cables.rejected(0), projection),
            ("half-open: cable silent, sshd started anew", lambda: forgotten(site, cables), both),
            ("SIGSTOP of sshd and agents", lambda: stopped_sshd(site, deeds), both),
        ]
        rows = [lives_through(site, deeds, what, make(), *roles) for what, make, roles in troubles * campaign.of(6)]
        campaign.record("Servers that fall silent in a show (namespaces, nft, SIGSTOP; real sshd)", rows, NOTE)
        ends_well(site)


@pytest.mark.real_sshd
@pytest.mark.timeout(3600)
def test_ways_that_are_silent_or_cut(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    with over_proxies(tmp_path, deeds) as (site, ways):
        site.start()
        site.project("h1")
        troubles: list[tuple[str, Callable[[], Trouble], Role]] = [
            ("connections stand, no byte comes through", ways[Role.PROJECTION].silent, Role.PROJECTION),
            ("every connection is reset", ways[Role.SOUND].cut, Role.SOUND),
        ]
        rows = [lives_through(site, deeds, what, make(), role) for what, make, role in troubles * campaign.of(6)]
        campaign.record("Ways that are silent or cut in a show (proxy; real sshd)", rows, NOTE)
        ends_well(site)


@pytest.mark.real_sshd
def test_a_slow_way_is_no_lost_one(tmp_path: Path, deeds: Deeds) -> None:
    """At a round trip of half a second a show is begun, paused, resumed, and no session is lost."""
    with over_proxies(tmp_path, deeds) as (site, ways):
        with ways[Role.PROJECTION].slow(0.25), ways[Role.SOUND].slow(0.25):
            site.start()
            site.project("h1")
            site.do("h1 stop")
            site.until("the pause is complete", lambda: site.is_settled("h1") and site.device("h1").motor == "stop")
            site.do("h1 start")
            site.until("the picture is back", lambda: site.hall("h1").projector.dowser_open)
            assert_sound(site, "h1")
        assert not [row for row in site.rows("h1") if row.kind == "session_lost"]
        assert not raised(site.rows("h1"))
        assert site.end() == 0
