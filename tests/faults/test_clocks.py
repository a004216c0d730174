# SPDX-License-Identifier: Apache-2.0
"""Clocks that disagree: what becomes of the sessions, and that no session is missing without an alarm."""

import time
from pathlib import Path

import pytest

from statemachines.hall import Hall
from statemachines.history import SESSION
from statemachines.session_value import SessionState
from statemachines.words import Role
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.nemesis import clocks
from tests.faults.nemesis.clocks import FakeClock
from tests.faults.nemesis.deeds import Deeds
from tests.faults.stage import FEET, FPS, goes_on, is_standing
from tests.support.multiplex import Multiplex

SKEWS_S = (30, -30, 60, -60, 120, -120, 300, -300)
HOUR_S = 3600
UP = "both sessions up"
LIFE_S = 30
"""The shortest life that a certificate may have."""

pytestmark = [
    pytest.mark.real_sshd,
    pytest.mark.skipif(not clocks.library(), reason="no libfaketime: apt-get install faketime"),
]


def standing(hall: Hall) -> list[str]:
    return [alarm.name for alarm in hall.alarms if is_standing(hall, alarm.name)]


def seconds_since(deeds: Deeds) -> float:
    """Return how long ago the last deed was done."""
    return (time.monotonic_ns() - deeds.done[-1].monotonic_ns) / 1e9


def outcome(site: Multiplex, starts: int) -> str:
    """Wait until the sessions are up, or people are told why they are not."""

    def told() -> str:
        begun = [row for row in site.rows("h1", f"{SESSION}{Role.SOUND}") if row.kind == "session_begun"]
        if len(begun) < starts:
            return ""
        states = {session.state for session in site.now("h1").sessions}
        if states == {SessionState.UP}:
            return UP
        alarms = standing(site.hall("h1"))
        missed = all(any(role in name for name in alarms) for role in Role)
        return f"refused; alarms: {', '.join(alarms)}" if missed and states == {SessionState.REFUSED} else ""

    return site.until("sessions are up, or missed by an alarm", told)


@pytest.mark.timeout(300)
def test_clocks_that_differ_when_sessions_are_opened(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    clock = FakeClock(deeds, tmp_path / "clock")
    found: dict[int, str] = {}
    with Multiplex(tmp_path, sshd=True) as site:
        for skew_s in SKEWS_S:
            clock.set(skew_s)
            with clock.worn():
                site.launch()
            found[skew_s] = outcome(site, starts=len(found) + 1)
            assert site.end() == 0
    rows = [{"controller ahead by s": skew_s, "outcome": words} for skew_s, words in found.items()]
    campaign.record("Clock skew between controller and server", rows, "Certificates are backdated by 60 s.")
    assert {skew_s for skew_s, words in found.items() if words == UP} == {each for each in SKEWS_S if each <= 60}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_the_controllers_clock_is_set_in_a_show(tmp_path: Path, deeds: Deeds, campaign: Campaign, step_s: int) -> None:
    """Renewal is refused from then on: the session lives to its certificate's end, then people know."""
    clock = FakeClock(deeds, tmp_path / "clock")
    with Multiplex(tmp_path, feet=FEET, fps=FPS, sshd=True, rotate_s=(10, 12)) as site:
        text = site.config.read_text(encoding="utf-8")
        site.config.write_text(text.replace("rotate_s", f"certificate_s = {LIFE_S}\nrotate_s"), encoding="utf-8")
        with clock.worn():
            site.start()
        site.project("h1")
        clock.set(step_s)
        alarms = [f"certificate_not_renewed_{role}" for role in Role]
        site.until("the step is seen", lambda: "clock_stepped" in site.kinds("h1"))
        site.until("people know", lambda: all(is_standing(site.hall("h1"), name) for name in alarms), LIFE_S + 5)
        told_s = seconds_since(deeds)
        goes_on(site, 1)
        clock.set(0)
        site.until("no alarm stands", lambda: not standing(site.hall("h1")), 30)
        back_s = seconds_since(deeds)
        assert_sound(site, "h1")
        assert site.end() == 0
    row = {"set by s": f"{step_s:+d}", "show": "went on", "sessions": "open to their certificates' end"}
    campaign.record(
        f"The controller's clock set by {step_s:+d} s in a show",
        [row | {"people know after s": told_s, "all well s after the clock was right": back_s}],
        f"Renewal is refused from then on; certificates live {LIFE_S} s here, 15 min in a booth.",
    )
