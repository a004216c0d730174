# SPDX-License-Identifier: Apache-2.0
"""The faults that a schedule is made of, and what people do between two of them."""

import os
import random
import time
from collections.abc import Callable
from typing import Any

from adapters.store.site import LOG_FILE, SITE_FILE
from statemachines.session_value import SessionState
from statemachines.words import Motor, Role, State, Tension
from tests.faults.nemesis.clocks import FakeClock
from tests.faults.nemesis.databases import locked, vanished
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import family, kill, running, stopped
from tests.faults.nemesis.proxy import Proxy
from tests.support.multiplex import Multiplex

BACK_S = 40.0
STALL_S = 7.0


class Trial:
    """One site under one chance. Each method is a fault; `wait` is how long it lasts."""

    def __init__(
        self, site: Multiplex, ways: dict[Role, Proxy], clock: FakeClock, deeds: Deeds, chance: random.Random
    ) -> None:
        self.site, self.ways, self.clock, self.deeds, self.chance = site, ways, clock, deeds, chance

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
        self.site.start(BACK_S)

    def stall(self) -> None:
        assert self.site.runtime is not None
        self.press()
        with stopped(self.deeds, "the runtime", self.site.runtime.pid):
            self.press()
            self.wait(STALL_S)

    def hang(self) -> None:
        """The devices stand still, and every agent that waits for them."""
        self.press()
        with stopped(self.deeds, "the booth", *running(family(os.getpid()), "adapters.booth")):
            self.wait(5)

    def restart_sshd(self) -> None:
        """OpenSSH is away for a while, and with it every agent."""
        assert self.site.sshd is not None
        self.press()
        self.deeds.note("sshd ends")
        self.site.sshd.end()
        self.wait(4)
        self.site.sshd.start()
        self.deeds.note("sshd is back")

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

    def lock_the_site(self) -> None:
        """What people wrote down cannot be read for a while, nor the log be written."""
        with locked(self.deeds, self.site.state / SITE_FILE, self.site.state / LOG_FILE):
            self.press()
            self.wait(3)

    def lose_the_authority(self) -> None:
        """No key can be renewed, and no session be opened that is lost meanwhile."""
        with vanished(self.deeds, self.site.directory / "authority" / "ca"):
            self.press()
            self.ways[self.chance.choice([*Role])].blink()
            self.wait(4)

    def storm(self) -> None:
        """A roller rattles as fast as the booth can, in whatever the hall does."""
        self.press()
        self.deeds.note("a roller rattles")
        self.site.do(f"h1 fault rattle {self.chance.choice([20, 200, 600])}")
        self.wait(0.5)

    def step_the_clock(self) -> None:
        """The controller's clock is set to one that is slow; over a fast one the log's own time would leap too."""
        self.clock.set(self.chance.randint(-50, 0))
        self.press()
        self.wait(2)

    def break_the_film(self) -> None:
        """Film that stands only goes slack; film that runs breaks, and that is a fault."""
        self.press()
        self.deeds.note("the film breaks")
        self.site.do("h1 fault break")
        site = self.site
        site.until("it is known", lambda: site.hall("h1").state is State.FAULT or not site.device("h1").latched)


FAULTS: dict[str, Callable[[Trial], Any]] = {
    fault.__name__: fault
    for fault in (
        Trial.silence,
        Trial.cut,
        Trial.blink,
        Trial.crash,
        Trial.stall,
        Trial.hang,
        Trial.restart_sshd,
        Trial.lose_an_agent,
        Trial.lock_the_log,
        Trial.lock_the_site,
        Trial.lose_the_authority,
        Trial.storm,
        Trial.step_the_clock,
        Trial.break_the_film,
    )
}


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
        # Also by the device itself: a runtime that stood still may not know yet that the lease ended meanwhile.
        return site.device("h1").motor is Motor.RUN and site.hall("h1").projector.dowser_open

    site.until("the picture is on the screen", pressed, BACK_S)
