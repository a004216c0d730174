# SPDX-License-Identifier: Apache-2.0
"""The log is full, locked or gone: halls go on, safety acts, and what memory could hold is in the log afterwards."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from adapters.store.site import LOG_FILE, SITE_FILE
from statemachines.replay import LOG_GAP
from statemachines.words import Motor, State
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.nemesis.databases import locked, vanished
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.disks import full, small_disk
from tests.faults.outage import lives_through, said, shows_again, stops_safely
from tests.faults.stage import FEET, FPS
from tests.support import multiplex
from tests.support.multiplex import Multiplex

ROOM = 100
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["locked", "gone", pytest.param("full disk", marks=NEEDS_ROOT)])
def test_a_show_whose_log_cannot_be_written(tmp_path: Path, deeds: Deeds, campaign: Campaign, kind: str) -> None:
    with ExitStack() as opened:
        if kind == "full disk":
            opened.enter_context(small_disk(tmp_path / "state", mib=8))
        site = opened.enter_context(Multiplex(tmp_path, feet=FEET, fps=FPS))
        lives_through(site, campaign, kind, without_log(site, deeds, kind))


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
