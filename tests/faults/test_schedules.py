# SPDX-License-Identifier: Apache-2.0
"""Everything at once, in an order that a seed chooses: after each fault the books agree, and the next one comes."""

import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.store.site import LOG_FILE
from statemachines.session_value import SessionState
from statemachines.words import Motor, Role, State, Tension
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.nemesis.databases import locked
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import family, kill, running, stopped
from tests.faults.nemesis.proxy import Proxy
from tests.faults.stage import over_proxies
from tests.support.multiplex import Multiplex

STEPS = 6
BACK_S = 40.0
STALL_S = 7.0


class Trial:
    """One site under one chance. Each method is a fault; `wait` is how long it lasts."""

    def __init__(self, site: Multiplex, ways: dict[Role, Proxy], deeds: Deeds, chance: random.Random) -> None:
        self.site, self.ways, self.deeds, self.chance = site, ways, deeds, chance

    def wait(self, most_s: float) -> None:
        time.sleep(self.chance.uniform(0.02, most_s))

    def press(self) -> None:
        """START or STOP is pressed, whatever the hall does."""
        button = self.chance.choice(["start", "stop"])
        self.deeds.note(f"{button} is pressed")
        self.site.hand(f"h1 {button}")

    def silence(self) -> None:
        with self.ways[self.chance.choice([*Role])].silent():
            self.press()
            self.wait(6)

    def cut(self) -> None:
        with self.ways[self.chance.choice([*Role])].cut():
            self.press()
            self.wait(2)

    def blink(self) -> None:
        self.press()
        self.wait(0.05)
        self.ways[self.chance.choice([*Role])].blink()

    def crash(self) -> None:
        """kill -9 of the runtime, while something is under way."""
        assert self.site.runtime is not None
        self.press()
        self.wait(0.1)
        kill(self.deeds, "the runtime", self.site.runtime.pid)
        self.site.kill()
        self.wait(6)
        self.site.start()

    def stall(self) -> None:
        assert self.site.runtime is not None
        self.press()
        with stopped(self.deeds, "the runtime", self.site.runtime.pid):
            self.press()
            self.wait(STALL_S)

    def hang(self) -> None:
        """Devices, servers and agents of the booth stand still."""
        self.press()
        with stopped(self.deeds, "the booth", *running(family(os.getpid()), "adapters.booth")):
            self.wait(5)

    def lose_an_agent(self) -> None:
        self.press()
        self.wait(0.03)
        agents = running(family(os.getpid()), "reel-agent")
        if agents:
            kill(self.deeds, "an agent", self.chance.choice(agents))

    def lock_the_log(self) -> None:
        with locked(self.deeds, self.site.state / LOG_FILE):
            self.press()
            self.wait(4)

    def break_the_film(self) -> None:
        """Film that stands only goes slack; film that runs breaks, and that is a fault."""
        self.press()
        self.deeds.note("the film breaks")
        self.site.do("h1 fault break")
        site = self.site
        site.until("it is known", lambda: site.hall("h1").state is State.FAULT or not site.device("h1").latched)


FAULTS: tuple[Callable[[Trial], Any], ...] = (
    Trial.silence,
    Trial.cut,
    Trial.blink,
    Trial.crash,
    Trial.stall,
    Trial.hang,
    Trial.lose_an_agent,
    Trial.lock_the_log,
    Trial.break_the_film,
)


def is_calm(site: Multiplex) -> bool:
    """Tell whether sessions are up and nothing moves that is to stand."""
    up = all(session.state is SessionState.UP for session in site.now("h1").sessions)
    hall = site.hall("h1")
    coasting = hall.state in (State.THREADING, State.FAULT) and site.device("h1").motor is not Motor.STOP
    return up and hall.recovered and not coasting


def mended(site: Multiplex) -> None:
    """People bring the hall back to where a show can be begun or runs."""
    if site.device("h1").tension is Tension.GOOD:
        return
    site.do("h1 fault clear")
    site.until("it can be threaded again", lambda: site.hand("h1 rethread") == "ok")
    if site.hall("h1").state is State.FAULT:
        site.request("h1", "acknowledge")
        site.until("reset works", lambda: _is_reset(site), BACK_S)
    site.do("h1 ready")
    site.until("the lamp burns", lambda: site.hall("h1").projector.lamp == "lit")


def _is_reset(site: Multiplex) -> bool:
    site.request("h1", "reset")
    return site.hall("h1").state is State.THREADING


def begun(site: Multiplex) -> None:
    """A show runs: START is pressed until it does, as people do."""

    def pressed() -> bool:
        if site.hall("h1").state is State.THREADING:
            site.hand("h1 start")
        return site.hall("h1").projector.dowser_open

    site.until("the picture is on the screen", pressed, BACK_S)


@contextmanager
def told(words: str) -> Any:
    """A failure names the faults that came before it."""
    try:
        yield
    except AssertionError as wrong:
        raise AssertionError(f"{words}\n{wrong}") from wrong


@pytest.mark.timeout(7200)
def test_faults_in_any_order(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    counts = dict.fromkeys((fault.__name__ for fault in FAULTS), 0)
    commands = 0
    for run in range(campaign.of(20)):
        chance = campaign.random(run)
        plan = [chance.choice(FAULTS) for _ in range(STEPS)]
        names = [fault.__name__ for fault in plan]
        with ExitStack() as opened:
            opened.enter_context(told(f"SEED={campaign.seed} run {run}: {', '.join(names)}"))
            directory = tmp_path / str(run)
            directory.mkdir()
            site, ways = opened.enter_context(over_proxies(directory, deeds, rotate_s=(2.0, 4.0)))
            site.start()
            site.project("h1")
            trial = Trial(site, ways, deeds, chance)
            for fault in plan:
                fault(trial)
                counts[fault.__name__] += 1
                site.until("all is calm", lambda: is_calm(site), BACK_S)  # noqa: B023  # asked at once
                assert_sound(site, "h1", alarms={"motor_stopped"}, stood_still_s=STALL_S)
                mended(site)
                begun(site)
            assert_sound(site, "h1", stood_still_s=STALL_S)
            commands += sum(len(site.commands("h1", role)) for role in Role)
            assert site.end() == 0
    row = {name.replace("_", " "): count for name, count in counts.items()} | {"commands": commands, "breaches": 0}
    campaign.record("Faults in any order", [row], f"Seed {campaign.seed}; keys rotate every 2 to 4 s meanwhile.")
