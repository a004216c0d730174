# SPDX-License-Identifier: Apache-2.0
"""Servers, agents, devices and keys that fail in a show, and a controller that stands still."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from statemachines.hall import Hall
from statemachines.session_value import SessionState
from statemachines.words import Motor, Role, State
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound, names_raised
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import family, kill, running, stopped
from tests.faults.stage import FEET, FPS, goes_on, is_standing, since
from tests.support.multiplex import Multiplex

LOST = [f"session_lost_{role}" for role in Role]
REFUSED = [f"session_refused_{role}" for role in Role]
BACK_S = 30.0


def all_up(site: Multiplex) -> bool:
    return all(session.state is SessionState.UP for session in site.now("h1").sessions)


def kinds_since(site: Multiplex, at_ns: int) -> list[str]:
    return [row.kind for row in since(site.rows("h1"), at_ns)]


def rotate_keys(site: Multiplex) -> None:
    """An operator asks for it: a session that waits for its next attempt makes it now."""
    asked = site.ask("keys", "rotate", "--config", site.config)
    assert asked.returncode == 0, asked.stderr


def stands_any(hall: Hall, *alarms: str) -> bool:
    return any(is_standing(hall, alarm) for alarm in alarms)


@contextmanager
def showing(directory: Path, *, sshd: bool, rotate_s: tuple[float, float] = (540, 600)) -> Iterator[Multiplex]:
    """A show is on; at the end nothing is left to be mended, and the runtime ends in order."""
    with Multiplex(directory, feet=FEET, fps=FPS, sshd=sshd, rotate_s=rotate_s) as site:
        site.start()
        site.project("h1")
        yield site
        site.until("the sessions are up", lambda: all_up(site), BACK_S)
        site.until("no alarm stands", lambda: not stands_any(site.hall("h1"), *LOST, *REFUSED))
        assert_sound(site, "h1")
        assert site.end() == 0


@pytest.mark.real_sshd
def test_an_sshd_that_is_restarted(tmp_path: Path, deeds: Deeds) -> None:
    with showing(tmp_path, sshd=True) as site:
        assert site.sshd is not None
        began = deeds.note("sshd is restarted")
        site.sshd.restart()
        site.until("both losses are told", lambda: sorted(names_raised(since(site.rows("h1"), began.at_ns))) == LOST)
        goes_on(site, 1)


def _another_ca(root: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key()
    (root / "user_ca.pub").write_bytes(other)


def _unreadable_revocations(root: Path) -> None:
    (root / "revoked.krl").write_bytes(b"torn by a power cut")


def _another_host_key(root: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
    (root / "host_key").write_bytes(other)


@pytest.mark.real_sshd
@pytest.mark.parametrize("spoil", [_another_ca, _unreadable_revocations, _another_host_key])
def test_keys_that_are_refused(tmp_path: Path, deeds: Deeds, spoil: Callable[[Path], None]) -> None:
    """The show goes on, people know, nobody hammers; once it is mended, `keys rotate` cuts the wait short."""
    with showing(tmp_path, sshd=True) as site:
        assert site.sshd is not None
        root = site.sshd.root
        kept = {name: (root / name).read_bytes() for name in ("user_ca.pub", "revoked.krl", "host_key")}
        began = deeds.note(spoil.__name__.replace("_", " ").strip())
        spoil(root)
        site.sshd.restart()
        site.until("people know", lambda: all(is_standing(site.hall("h1"), name) for name in REFUSED))
        goes_on(site, 1)
        rows = since(site.rows("h1"), began.at_ns)
        assert len([row for row in rows if row.kind in ("credential_refused", "host_key_refused")]) == len(Role)
        for name, data in kept.items():
            (root / name).write_bytes(data)
        site.sshd.restart()
        rotate_keys(site)


def test_a_ca_key_that_is_gone(tmp_path: Path, deeds: Deeds) -> None:
    """A runtime goes on renewing with the one that it has read; a new one says what is missing, and runs no show."""
    with showing(tmp_path, sshd=False, rotate_s=(1.0, 1.5)) as site:
        key, away = tmp_path / "authority" / "ca", tmp_path / "authority" / "away"
        deeds.note("the CA's key is gone")
        key.rename(away)
        rotated = [row.kind for row in site.rows("h1")].count("link_rotated")
        site.until("keys rotate", lambda: [row.kind for row in site.rows("h1")].count("link_rotated") > rotated + 2)
        site.kill()
        refused = site.ask("run", "--config", site.config)
        assert refused.returncode == 1
        assert f"{key} is not there" in refused.stderr
        now = site.device("h1")
        assert (now.dowser_open, now.motor) == (True, Motor.RUN)
        away.rename(key)
        site.start()
        site.until("the picture is known", lambda: site.hall("h1").projector.dowser_open)


@pytest.mark.real_sshd
@pytest.mark.timeout(3600)
def test_agents_killed_in_the_middle_of_commands(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    runs = campaign.of(100)
    with showing(tmp_path, sshd=True) as site:
        assert site.sshd is not None
        sshd = int((site.sshd.root / "sshd.pid").read_text())
        for run in range(runs):
            chance = campaign.random(run)
            site.until("the sessions are up", lambda: all_up(site), BACK_S)
            playing = site.hall("h1").state is State.PROJECTING
            agents = running(family(sshd), "reel-agent")
            site.do(f"h1 {'stop' if playing else 'start'}")
            time.sleep(chance.uniform(0, 0.03))
            kill(deeds, "an agent", chance.choice(agents))
            killed_ns = deeds.done[-1].at_ns
            site.until("its end is noticed", lambda: "link_lost" in kinds_since(site, killed_ns))  # noqa: B023  # at once
            rotate_keys(site)
            site.until("both sessions are up", lambda: all_up(site), BACK_S)
            # A start whose command was lost with its agent ends in threading, with this alarm: it is pressed again.
            assert_sound(site, "h1", alarms={"motor_stopped"})
            if site.hall("h1").state is State.THREADING:
                site.until("the film stands", lambda: site.device("h1").motor is Motor.STOP)
        if site.hall("h1").state is State.THREADING:
            site.do("h1 start")
        commands = sum(len(site.commands("h1", role)) for role in Role)
        campaign.record(
            "Agents killed in the middle of commands",
            [{"kills": runs, "commands": commands, "effective twice or out of order": 0, "unanswered": 0}],
            f"Seed {campaign.seed}.",
        )


@pytest.mark.real_sshd
def test_a_device_that_hangs(tmp_path: Path, deeds: Deeds) -> None:
    """Its attributes take lines and answer nothing; when it comes to itself, nothing happens twice or late."""
    with showing(tmp_path, sshd=True) as site:
        with stopped(deeds, "the devices", *running(family(os.getpid()), "adapters.booth")):
            began_ns = deeds.done[-1].at_ns
            assert site.request("h1", "stop").returncode == 0
            site.until("the hang is noticed", lambda: not site.hall("h1").projection.link.up)
            # Several agents have written their lines by now; the device will read them all.
            site.until("it is tried again", lambda: kinds_since(site, began_ns).count("link_failed") > 1)
        site.until("the stop is carried out", lambda: site.device("h1").motor is Motor.STOP)
        site.until("the hall knows", lambda: site.hall("h1").state is State.THREADING)


@pytest.mark.timeout(300)
def test_a_controller_that_stands_still(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    """Stopped for longer than the lease; what happened meanwhile is caught up with."""
    with showing(tmp_path, sshd=False) as site:
        for run in range(campaign.of(20)):
            assert site.runtime is not None
            with stopped(deeds, "the runtime", site.runtime.pid):
                site.do("h1 door open")
                site.until("the lease has ended", lambda: not site.device("h1").lease_fed)
                time.sleep(campaign.random(run).uniform(0, 2))
                assert site.device("h1").dowser_open
            site.until("the door is known", lambda: site.hall("h1").projector.door_open)
            site.do("h1 door closed")
            site.until("the sessions are up", lambda: all_up(site), BACK_S)
            assert_sound(site, "h1")
