# SPDX-License-Identifier: Apache-2.0
"""A whole show through the runtime as a process: kernel events in, sessions over SSH, commands carried out."""

import os
from collections import Counter
from pathlib import Path

import pytest

from statemachines.words import Motor, Role, Sound, State
from tests.support.multiplex import Multiplex

IDLE, THREADING, PROJECTING, REWINDING, _FAULT = State


def is_up(site: Multiplex, state: str) -> bool:
    return all(session.state == state for session in site.now("h1").sessions)


def rotations(site: Multiplex, role: Role) -> int:
    return sum(row.edge.endswith(":link_rotated") for row in site.rows("h1", f"session:{role}"))


def pause_and_resume(site: Multiplex) -> None:
    site.do("h1 stop")
    site.until_state("h1", THREADING)
    site.until("the film stands", lambda: site.hall("h1").projector.motor is Motor.STOP)
    site.until("the hardware stands", lambda: site.said("h1")["stopped"] == site.said("h1")["atspeed"])
    site.do("h1 start")
    site.until("the picture is back", lambda: site.hall("h1").projector.dowser_open)


def whole_show(site: Multiplex) -> None:
    """Threading opens both sessions; keys rotate while commands flow."""
    site.do("h1 insert")
    site.until("threading has opened both sessions", lambda: is_up(site, "up"))
    site.do("h1 ready")
    site.until("the lamp burns", lambda: site.hall("h1").projector.lamp == "lit")
    site.do("h1 start")
    site.until("the picture is on the screen", lambda: site.hall("h1").projector.dowser_open)
    site.until("the sound plays", lambda: site.device("h1", Role.SOUND).sound is Sound.PLAY)
    pause_and_resume(site)
    pause_and_resume(site)
    site.until_state("h1", REWINDING)
    site.until_state("h1", THREADING)
    site.do("h1 remove")
    site.until_state("h1", IDLE)


def devices_agree(site: Multiplex) -> None:
    """Each command was answered once, with ok; the devices have acted exactly on those."""
    acted: Counter[str] = Counter()
    for role in Role:
        commands = site.commands("h1", role)
        assert [seq for seq, _ in commands] == list(range(1, len(commands) + 1))
        assert site.answers("h1", role) == {seq: "ok" for seq, _ in commands}
        assert site.device("h1", role).last == len(commands)
        acted.update(words for _, words in commands)
    said = site.said("h1")
    assert acted["dowser open"] == said["dowser=1"] == 3
    assert acted["motor run"] + acted["motor rewind"] == said["atspeed"] == 4
    assert said["dowser=0"] == 3


def log_is_whole(site: Multiplex) -> None:
    assert site.end() == 0
    verified = site.ask("log", "verify", "--state", site.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    replayed = site.ask("replay", site.state)
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


@pytest.mark.parametrize(
    "way",
    [
        "socket",
        pytest.param(
            "uevents",
            marks=[
                pytest.mark.real_uevents,
                pytest.mark.skipif(os.geteuid() != 0, reason="only root may have the kernel send uevents"),
            ],
        ),
        pytest.param("sshd", marks=pytest.mark.real_sshd),
        pytest.param(
            "watch links",
            marks=[
                pytest.mark.real_sshd,
                pytest.mark.real_uevents,
                pytest.mark.skipif(os.geteuid() != 0, reason="only root may have the kernel send uevents"),
            ],
        ),
    ],
)
def test_a_whole_show_with_keys_that_rotate(tmp_path: Path, way: str) -> None:
    uevents, sshd = way in ("uevents", "watch links"), way in ("sshd", "watch links")
    watched = Role if way == "watch links" else ()
    with Multiplex(tmp_path, feet=300, uevents=uevents, rotate_s=(1.0, 1.5), sshd=sshd, watched=watched) as site:
        site.start()
        if site.sshd is not None:
            site.until("an idle hall has closed its sessions", lambda: is_up(site, "down"))
        whole_show(site)
        shown = [THREADING, PROJECTING]
        assert site.changes("h1") == [IDLE, *shown, *shown, *shown, REWINDING, THREADING, IDLE]
        assert all(rotations(site, role) >= 3 for role in Role)
        devices_agree(site)
        serials = {row.payload["serial"] for row in site.rows("h1") if row.kind in ("link_opened", "link_rotated")}
        assert len(serials) == sum(row.kind in ("link_opened", "link_rotated") for row in site.rows("h1"))
        if site.sshd is not None:
            site.until("idle has closed both sessions", lambda: is_up(site, "down"))
            logged = site.sshd.log_text()
            assert all(f"serial {serial}" in logged for serial in serials)
        log_is_whole(site)
