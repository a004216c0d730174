# SPDX-License-Identifier: Apache-2.0
"""The projection device: the mechanism with its lamp, what people's hands do to it, and what it lets a command do."""

from collections.abc import Callable
from typing import ClassVar

from typing_extensions import override

from adapters.booth.device import INTERLOCK, LOCAL, OK, SECOND, WRONG_VERB
from adapters.booth.film_path import Reel
from adapters.booth.mechanism import Mechanism
from adapters.booth.sound_rack import FilmPlace
from statemachines import film
from statemachines.device_abi import RUNOUT_MS
from statemachines.snapshot import Snapshot
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, Tension, Verb

STRIKE_NS = SECOND
"""From striking to lit, in real time (assumed)."""
COOL_NS = 2 * SECOND
"""From lit to cold, in real time (assumed; a real xenon lamp takes minutes)."""


class Projector(Mechanism):
    """A projection device. `fps_milli`: frames a second × 1,000; `runout_ms` counts at 24 frames a second."""

    role: ClassVar[Role] = Role.PROJECTION

    def __init__(self, epoch: int, now_ns: int, *, fps_milli: int, runout_ms: int = RUNOUT_MS) -> None:
        self.local = self.door_open = self.estop = self.lamp_bad = False
        self.lamp, self.lights = Lamp.COLD, Lights.UP
        super().__init__(epoch, now_ns, fps_milli=fps_milli, runout_ms=runout_ms)

    def film_place(self) -> FilmPlace:
        """What a timecode reader beside the gate sees."""
        return FilmPlace(film.film_us(self.frame), self.motor is Motor.RUN and self.at_speed)

    @override
    def snapshot(self) -> Snapshot:
        journal, gate = self.journal, self.gate
        return Snapshot(
            epoch=journal.epoch,
            seq=journal.seq,
            ns=self.now_ns,
            frame=self.frame,
            film=self.path.reel is not None,
            ready=self.ready,
            local=self.local,
            door_open=self.door_open,
            estop=self.estop,
            tension=self.felt,
            motor=self.motor,
            at_speed=self.at_speed,
            dowser_open=self.dowser_open,
            lamp=self.lamp,
            sound=Sound.MUTE if self.muted else Sound.PLAY,
            lights=self.lights,
            lease_fed=self.lease_fed,
            latched=journal.latched(),
            fence=gate.fence,
            gen=gate.gen,
            last=gate.last,
        )

    # What people do to it

    def thread(self, reel: Reel) -> None:
        """Film is put into the path, head first."""
        self.path.thread(reel, self.now_ns)
        self.ready = False
        self._say("filmin")
        self._feel()

    def rethread(self) -> None:
        """The film is mended where it broke, or threaded again from its head once it has run off a reel."""
        path = self.path
        keep = not (path.head_off or self.past_tail)
        path.thread(path.reel, self.now_ns, path.motion.position(self.now_ns) if keep else 0)
        self.ready = False
        self._feel()

    def empty(self) -> None:
        """The film is taken out."""
        self.ready = False
        self._say("filmout")
        self.path.thread(None, self.now_ns)
        self.felt = Tension.SLACK

    def press(self, button: str) -> None:
        """The button `ready`, `start` or `stop`."""
        self.ready = self.ready or button == "ready"
        self._say(button)

    def turn_local(self, on: bool) -> None:
        """The LOCAL key switch."""
        if on is not self.local:
            self.local = on
            self._say("local", str(int(on)))

    def move_door(self, open_: bool) -> None:
        """The projector's door."""
        if open_ is not self.door_open:
            self.door_open = open_
            self._say("door", str(int(open_)))

    def push_estop(self) -> None:
        """The red button, wired to the device."""
        if not self.estop:
            self.estop = True
            self._say("estop")
            self._protect()

    def pull_estop(self) -> None:
        """The red button is pulled out again; its latch stays."""
        if self.estop:
            self.estop = False
            self._say("estopclear")

    def spoil_lamp(self) -> None:
        """The lamp goes out and strikes no more."""
        self.lamp_bad = True
        if self.lamp in (Lamp.STRIKING, Lamp.LIT):
            self._lamp_failed()

    @override
    def mend(self) -> None:
        self.lamp_bad = False
        self.lamp = Lamp.COLD if self.lamp is Lamp.FAILED else self.lamp
        super().mend()

    # What it is commanded to do

    @override
    def _act(self, verb: str, arg: str) -> str:
        if verb == Verb.SAFE_STOP and not arg:
            self._protect()
            return OK
        if self.local:
            return LOCAL
        match verb, arg:
            case Verb.MOTOR, ("run" | "rewind"):
                return self._started(Motor(arg))
            case Verb.MOTOR, "stop":
                self._drive(Motor.STOP)
            case Verb.DOWSER, "open":
                return self._opened()
            case Verb.DOWSER, "close":
                self._close_dowser()
            case Verb.LAMP, "on":
                return self._struck()
            case Verb.LAMP, "off":
                self._extinguish()
            case Verb.LIGHTS, ("up" | "down"):
                self.lights = Lights(arg)
            case Verb.CLEAR, "":
                return self._clear()
            case _:
                return WRONG_VERB
        return OK

    def _barred(self) -> bool:
        return self.estop or bool(self.journal.latches)

    def _started(self, motor: Motor) -> str:
        """Film must be there and taut; nothing runs behind its tail; what never hears a ping does not start."""
        taut = self.felt is Tension.GOOD or (motor is Motor.REWIND and self.path.ran_out)
        over = motor is Motor.RUN and self.past_tail
        if self._barred() or not self.lease_fed or not taut or over:
            return INTERLOCK
        self._drive(motor)
        return OK

    def _opened(self) -> str:
        safe = self.motor is Motor.RUN and self.at_speed and self.felt is Tension.GOOD
        if self._barred() or not safe:
            return INTERLOCK
        self._open_dowser()
        return OK

    def _struck(self) -> str:
        if self.estop or Latch.LAMPFAIL in self.journal.latches:
            return INTERLOCK
        if self.lamp not in (Lamp.STRIKING, Lamp.LIT):
            self.lamp = Lamp.STRIKING
            self.timers.cancel("cool")
            self.timers.set("strike", self.now_ns + STRIKE_NS)
        return OK

    def _extinguish(self) -> None:
        if self.lamp in (Lamp.STRIKING, Lamp.LIT):
            self.lamp = Lamp.COOLING
            self.timers.cancel("strike")
            self.timers.set("cool", self.now_ns + COOL_NS)

    @override
    def _causes(self) -> dict[Latch, bool]:
        path = self.path
        return {
            Latch.BREAK: path.broken or path.slack_feed,
            Latch.STALL: path.jammed,
            Latch.OVERSPEED: self.racing,
            Latch.LAMPFAIL: self.lamp_bad,
            Latch.ESTOP: self.estop,
        }

    # What its lamp does by itself

    @override
    def _handlers(self) -> dict[str, Callable[[], None]]:
        return super()._handlers() | {"strike": self._struck_or_not, "cool": self._cooled}

    def _struck_or_not(self) -> None:
        if self.lamp_bad:
            self._lamp_failed()
        else:
            self.lamp = Lamp.LIT
            self._say("lampon")

    def _lamp_failed(self) -> None:
        self.lamp = Lamp.FAILED
        self.timers.cancel("strike")
        self._say("lampfail")

    def _cooled(self) -> None:
        self.lamp = Lamp.COLD
        self._say("lampoff")
