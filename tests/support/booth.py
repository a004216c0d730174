# SPDX-License-Identifier: Apache-2.0
"""A claimed projection device whose lease is fed, and the words that it has said."""

from collections.abc import Callable

from adapters.booth.device import SECOND, Device
from adapters.booth.film_path import Reel
from adapters.booth.projector import Projector
from statemachines.words import Motor

TWO_MINUTES = Reel(35, 180)
"""2,880 frames: 8 s of leader, 110 s of picture, 2 s of tail."""


class Operator:
    """Sends numbered commands to a device and feeds its lease while time goes by."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.seq = 0
        assert device.claim(1, 1, "tester", 0) == "ok"

    def __call__(self, verb: str, arg: str = "") -> str:
        self.seq += 1
        result = self.device.command(1, 1, self.seq, verb, arg)
        self.device.advance(self.device.now_ns)
        return result

    def wait(self, seconds: float) -> None:
        """Let time go by, with a ping a second."""
        end_ns = self.device.now_ns + round(seconds * SECOND)
        while self.device.now_ns < end_ns:
            self.device.feed(1, 1)
            self.device.advance(min(self.device.now_ns + SECOND, end_ns))


def words(device: Device, *leave_out: str) -> list[str]:
    """Return what the device said since the last call, as `word` or `word=val`, without telemetry."""
    boring = {"heartbeat", "frame", "timecode", *leave_out}
    facts = [fact for fact in device.journal.take_unsent() if fact.word not in boring]
    return [fact.word if fact.val == "0" and fact.word != "dowser" else f"{fact.word}={fact.val}" for fact in facts]


def new_projector(fps: int = 24, runout_ms: int = 1000) -> tuple[Projector, Operator]:
    """Return an empty projector and its operator."""
    projector = Projector(7, 0, fps_milli=fps * 1000, runout_ms=runout_ms)
    return projector, Operator(projector)


def showing(fps: int = 24, reel: Reel = TWO_MINUTES, runout_ms: int = 1000) -> tuple[Projector, Operator]:
    """Return a projector in the middle of a show, its events taken."""
    projector, operator = new_projector(fps, runout_ms)
    projector.thread(reel)
    projector.press("ready")
    assert operator("lamp", "on") == "ok"
    operator.wait(1)
    assert operator("motor", "run") == "ok"
    operator.wait(3)
    assert operator("dowser", "open") == "ok"
    operator.wait(1)
    words(projector)
    return projector, operator


class Automat:
    """The smallest controller of one projector: strikes, runs, opens and rewinds as the events come.

    It rewinds a reel when `last_reel` says so, and hears nothing before `deaf_until_ns`.
    """

    def __init__(self, projector: Projector, last_reel: Callable[[], bool]) -> None:
        self.projector = projector
        self.last_reel = last_reel
        self.operator = Operator(projector)
        self.heard: list[str] = []
        self.deaf_until_ns = 0

    def react(self) -> None:
        """Take what the projector said and answer it with commands; ping."""
        projector, operator = self.projector, self.operator
        projector.feed(1, 1)
        for fact in projector.journal.take_unsent():
            self.heard.append(fact.word)
            if projector.now_ns < self.deaf_until_ns:
                continue
            match fact.word:
                case "ready":
                    operator("lamp", "on")
                case "start" if projector.ready:
                    operator("motor", "run")
                case "atspeed" if projector.motor is Motor.RUN:
                    operator("dowser", "open")
                case "stopped" if projector.past_tail and self.last_reel():
                    operator("motor", "rewind")

    def seen(self, *interesting: str) -> list[str]:
        """Return those of the words heard so far that are `interesting`."""
        return [word for word in self.heard if word in interesting]
