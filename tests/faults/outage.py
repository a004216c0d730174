# SPDX-License-Identifier: Apache-2.0
"""How a show lives through a time without its log: what people do in the booth meanwhile, and afterwards."""

import json
import time
from contextlib import AbstractContextManager
from typing import Any

from statemachines.replay import LOG_GAP
from statemachines.words import Lights, Motor, Role, Sound, State
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.evidence import acts
from tests.support.multiplex import Multiplex

ALARM = "log_not_writable"


def said(site: Multiplex, word: str, **fields: object) -> list[dict[str, Any]]:
    """Return what the runtime said of this: its log cannot be asked now."""
    lines = (site.directory / "runtime.log").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["event"] == word and fields.items() <= line.items()]


def lives_on(site: Multiplex, until: float) -> int:
    """The film runs, people come and go, until a moment (monotonic s); return how often the door was moved."""
    moves = 0
    while time.monotonic() < until:
        before = site.device("h1")
        site.do("h1 door open")
        site.do("h1 door closed")
        moves += 2
        site.until("the film runs on", lambda: site.device("h1").frame > before.frame)  # noqa: B023  # asked at once
        assert site.device("h1").dowser_open
    return moves


def stops_safely(site: Multiplex) -> float:
    """The film breaks: the device closes by itself, the runtime mutes the rack and lights the room. Return the s."""
    began = time.monotonic()
    site.do("h1 fault break")
    site.until("the room is lit", lambda: site.device("h1").lights is Lights.UP)
    site.until("the rack is mute", lambda: site.device("h1", Role.SOUND).sound is Sound.MUTE)
    took_s = time.monotonic() - began
    stopped = site.device("h1")
    assert (stopped.dowser_open, stopped.motor) == (False, Motor.STOP)
    assert "safe_stop" in [act.words for act in acts(site, "h1")]
    return took_s


def shows_again(site: Multiplex) -> None:
    """People mend what broke, and the next show begins."""
    site.do("h1 fault clear")
    site.do("h1 rethread")
    assert site.request("h1", "acknowledge").returncode == 0
    site.until("the stop is confirmed", lambda: site.hall("h1").fault.confirmed)
    site.until("reset works", lambda: "refused" not in site.request("h1", "reset").stdout)
    site.until_state("h1", State.THREADING)
    site.do("h1 ready")
    site.until("the lamp burns", lambda: site.hall("h1").projector.lamp == "lit")
    site.do("h1 start")
    site.until("the picture is back", lambda: site.hall("h1").projector.dowser_open)


def lives_through(site: Multiplex, campaign: Campaign, kind: str, trouble: AbstractContextManager[None]) -> None:
    """A show runs when the trouble begins, the film breaks before it ends: safety acts, and no row is missing later."""
    span_s = campaign.either(60, 8)
    site.start()
    site.project("h1")
    with trouble:
        began = time.monotonic()
        site.until("people know", lambda: said(site, "alarm_raised", alarm=ALARM))
        told_s = time.monotonic() - began
        moves = lives_on(site, began + span_s)
        stopped_s = stops_safely(site)
    site.until("the log is written again", lambda: said(site, "alarm_returned", alarm=ALARM))
    site.until("all of it is there", lambda: site.hall("h1").state is State.FAULT)
    shows_again(site)
    evidence = assert_sound(site, "h1")
    assert [row.kind for row in evidence.mine].count("door_moved") == moves
    assert not [row for row in evidence.mine if row.kind == LOG_GAP]
    row = {"what was done": kind, "for s": span_s, "told after s": told_s, "safe after s": stopped_s}
    campaign.record(f"The log: {kind}", [row | {"rows lost": 0, "rows kept in memory at most": 65_536}])
    assert site.end() == 0
