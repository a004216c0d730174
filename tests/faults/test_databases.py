# SPDX-License-Identifier: Apache-2.0
"""The log is full, locked or gone: halls go on, safety acts, and what memory could hold is in the log afterwards."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.store.site import LOG_FILE, SITE_FILE
from statemachines.replay import LOG_GAP
from statemachines.words import Lights, Motor, Role, Sound, State
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.evidence import acts
from tests.faults.nemesis.databases import locked, vanished
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.disks import full, small_disk
from tests.faults.stage import FEET, FPS
from tests.support import multiplex
from tests.support.multiplex import Multiplex

ALARM = "log_not_writable"
ROOM = 100
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


def said(site: Multiplex, word: str, **fields: object) -> list[dict[str, Any]]:
    """Return what the runtime said of this: its log cannot be asked now."""
    lines = (site.directory / "runtime.log").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["event"] == word and fields.items() <= line.items()]


@contextmanager
def without_log(site: Multiplex, deeds: Deeds, kind: str) -> Iterator[None]:
    databases = (site.state / LOG_FILE, site.state / SITE_FILE)
    match kind:
        case "full disk":
            trouble = full(deeds, site.state)
        case "locked":
            trouble = locked(deeds, *databases)
        case _:
            trouble = vanished(deeds, *databases)
    with trouble:
        yield


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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["locked", "gone", pytest.param("full disk", marks=NEEDS_ROOT)])
def test_a_show_whose_log_cannot_be_written(tmp_path: Path, deeds: Deeds, campaign: Campaign, kind: str) -> None:
    span_s = campaign.either(60, 8)
    with ExitStack() as opened:
        if kind == "full disk":
            opened.enter_context(small_disk(tmp_path / "state", mib=8))
        site = opened.enter_context(Multiplex(tmp_path, feet=FEET, fps=FPS))
        site.start()
        site.project("h1")
        with without_log(site, deeds, kind):
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


def small_room(directory: Path) -> Path:
    """Write a `projectionist` whose log keeps few rows in memory."""
    program = directory / "projectionist"
    program.write_text(
        f"#!{sys.executable}\n"
        "from adapters.store.backlog import Backlog\n"
        "made = Backlog.__init__\n"
        f"Backlog.__init__ = lambda self, heads, room: made(self, heads, {ROOM})\n"
        "from hall_runtime.cli import main\n"
        "main()\n",
        encoding="utf-8",
    )
    program.chmod(0o700)
    return program


def test_what_finds_no_room_is_declared_and_the_chain_goes_on(
    tmp_path: Path, deeds: Deeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is full before the log is back: the hall knows all the same, and the hole says how large it is."""
    monkeypatch.setattr(multiplex, "PROGRAM", small_room(tmp_path))
    with Multiplex(tmp_path, feet=FEET, fps=FPS) as site:
        site.start()
        site.project("h1")
        with locked(deeds, site.state / LOG_FILE):
            for _ in range(ROOM):
                site.do("h1 door open")
                site.do("h1 door closed")
            stops_safely(site)
        site.until("the hole is declared", lambda: LOG_GAP in site.kinds("h1"))
        unlogged = len(said(site, "door_moved", seq=0))
        (gap,) = [row for row in site.rows("h1") if row.kind == LOG_GAP]
        assert ROOM // 2 < unlogged <= gap.payload["rows"]
        shows_again(site)
        assert_sound(site, "h1")
        assert site.end() == 0


def test_an_emergency_stop_needs_no_database(tmp_path: Path, deeds: Deeds) -> None:
    with Multiplex(tmp_path, feet=FEET, fps=FPS) as site:
        site.start()
        site.project("h1")
        with locked(deeds, site.state / LOG_FILE, site.state / SITE_FILE):
            site.request("h1", "emergency_stop")
            site.until("the projector stands", lambda: site.device("h1").motor is Motor.STOP, limit_s=2)
            assert not site.device("h1").dowser_open
        row = site.until_row("h1", "operator_requested", "transition")
        assert row.request
        site.until_state("h1", State.FAULT)
        assert_sound(site, "h1", alarms={"emergency_stop"})
        assert site.end() == 0
