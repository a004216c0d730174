# SPDX-License-Identifier: Apache-2.0
"""Motor, dowser and rollers of a projector: what they do by themselves, with no network and no controller alive.

Rules 1, 1a and 2 are kept here alone: light falls only on film that runs at speed under good tension; at the
tail the device closes, mutes and stops by itself; a break closes, mutes and stops in that order and latches.
"""

from collections.abc import Callable

from typing_extensions import override

from adapters.booth.device import MS, Device
from adapters.booth.film_path import FilmPath
from statemachines import device_abi, film
from statemachines.words import Motor, Tension

FRAME_NS = device_abi.COUNT_MS * MS
BREAK_NS = device_abi.BREAK_MS * MS
STALL_NS = device_abi.STALL_MS * MS
FIRST_SPEED_NS = device_abi.SPINUP_MS * MS


class Mechanism(Device):
    """The moving half of a projection device. `felt` is what the rollers last said."""

    def __init__(self, epoch: int, now_ns: int, *, fps_milli: int, runout_ms: int) -> None:
        self.path = FilmPath(fps_milli)
        self.motor = Motor.STOP
        self.at_speed = self.dowser_open = self.ready = self.racing = False
        self.muted = True
        self.felt = Tension.SLACK
        self._runout_ns = runout_ms * MS * film.BASE_FPS * 1000 // fps_milli
        super().__init__(epoch, now_ns)

    @property
    @override
    def frame(self) -> int:
        return self.path.frame(self.now_ns)

    @property
    def moves(self) -> bool:
        """Whether the motor is commanded or the film still coasts."""
        return self.motor is not Motor.STOP or self.path.moves(self.now_ns)

    @property
    def past_tail(self) -> bool:
        """Whether the tail of the film has reached its sensor."""
        return self.path.past_tail(self.now_ns)

    # What can go wrong

    def snap(self) -> None:
        """The film breaks."""
        self.path.broken = True
        self._feel()

    def jam(self) -> None:
        """The film jams: the motor is commanded and nothing turns."""
        self.path.jammed = True
        if self.moves:
            self.path.halt(self.now_ns)
            self._expect()
            if self.at_speed:
                self.timers.set("stall", self.now_ns + STALL_NS)

    def race(self) -> None:
        """The motor runs away, to 115 % and more."""
        self.racing = True
        if self.at_speed:
            self._overspeed()

    def slacken_feed(self) -> None:
        """The feed roller reports slack though the film is taut."""
        self.path.slack_feed = True
        self._feel()

    def rattle(self, times: int) -> None:
        """A loose roller says so many times what it feels anyway."""
        for _ in range(times):
            self._say("tension", self.felt)

    @override
    def stuck(self) -> None:
        super().stuck()
        self._protect()

    def mend(self) -> None:
        """Every fault is mended but a broken film, which has to be threaded again."""
        jammed = self.path.jammed
        self.path.jammed = self.path.slack_feed = self.racing = False
        if jammed and self.motor is not Motor.STOP:
            self._begin()
        self._feel()

    # What it does by itself

    def _open_dowser(self) -> None:
        if not self.dowser_open:
            self.dowser_open, self.muted = True, False
            self._say("dowser", "1")

    def _close_dowser(self) -> None:
        if self.dowser_open:
            self.dowser_open = False
            self._say("dowser", "0")
        self.muted = True
        if not self.lease_fed:
            self._drive(Motor.STOP)

    def _protect(self) -> None:
        """Dowser, mute, motor: in this order."""
        self._close_dowser()
        self._drive(Motor.STOP)

    def _drive(self, motor: Motor) -> None:
        if motor is not self.motor:
            self.motor = motor
            self._begin()

    def _begin(self) -> None:
        """The speed changes: light goes first."""
        self.at_speed = False
        if self.dowser_open:
            self._close_dowser()
        self.timers.cancel("runout", "break", "stall")
        if self.motor is not Motor.STOP:
            self.timers.set("stall", self.now_ns + FIRST_SPEED_NS)
            self.timers.set("frame", self.now_ns + FRAME_NS)
        self.path.drive(self.motor, self.now_ns)
        self._expect()
        self._feel()

    def _expect(self) -> None:
        """Work out anew when the film, as it now moves, will be where a sensor speaks."""
        path = self.path
        self.timers.set("settle", path.motion.settles_ns)
        self.timers.set("at_speed", path.at_speed_ns())
        self.timers.set("tail", path.tail_ns())
        self.timers.set("end", path.end_ns())
        self.timers.set("head", path.head_ns())

    def _feel(self) -> None:
        """Read the rollers. Any loss of tension closes the dowser at once; then it is told what the loss means."""
        tension, before = self.path.tension(), self.felt
        self.felt = tension
        if tension is not before:
            self._say("tension", tension)
        if tension is Tension.GOOD:
            self.timers.cancel("break")
            return
        self._close_dowser()
        if self.motor is Motor.STOP or self.path.ran_out or self.path.head_off:
            return
        if tension is Tension.SLACK:
            self._broke()
        elif not self.timers.waits_for("break"):
            self.timers.set("break", self.now_ns + BREAK_NS)

    def _broke(self) -> None:
        self.ready = False
        self._say("break")
        self._protect()

    @override
    def _handlers(self) -> dict[str, Callable[[], None]]:
        return {
            "settle": self._settled,
            "end": self._ran_out,
            "head": self._rewound,
            "tail": self._tail,
            "runout": self._protect,
            "break": self._broke,
            "stall": self._stalled,
            "at_speed": self._reached_speed,
            "frame": self._count_frame,
            **super()._handlers(),
        }

    def _settled(self) -> None:
        if not self.path.jammed and not self.path.settled_at(self.motor, self.now_ns):
            self.path.drive(self.motor, self.now_ns)
            self._expect()
        elif self.motor is Motor.STOP:
            self.timers.cancel("frame")
            self._say("stopped")

    def _reached_speed(self) -> None:
        self.at_speed = True
        self.timers.cancel("stall")
        self._say("atspeed")
        if self.racing:
            self._overspeed()

    def _overspeed(self) -> None:
        self._say("overspeed")
        self._protect()

    def _stalled(self) -> None:
        self._say("stall")
        self._protect()

    def _tail(self) -> None:
        self.ready = False
        self._say("tail")
        if self.motor is Motor.RUN:
            self.timers.set("runout", self.now_ns + self._runout_ns)

    def _ran_out(self) -> None:
        self.path.ran_out = True
        self._stand_at(self.path.reel.end if self.path.reel else 0)

    def _rewound(self) -> None:
        self.path.head_off = True
        self._stand_at(0)
        self._say("rewound")

    def _stand_at(self, position: int) -> None:
        self.path.halt(self.now_ns, position)
        self._feel()
        self._protect()
        self._expect()

    def _count_frame(self) -> None:
        self.timers.set("frame", self.now_ns + FRAME_NS)
        self._say("frame")

    @override
    def _lease_ended(self) -> None:
        """Nothing is stopped that an audience watches."""
        super()._lease_ended()
        if not self.dowser_open:
            self._drive(Motor.STOP)
