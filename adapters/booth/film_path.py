# SPDX-License-Identifier: Apache-2.0
"""The film itself and what the rollers feel of it: one reel, threaded from feed to take-up through the gate."""

from dataclasses import dataclass, field

from adapters.booth.motion import PICO, Motion, standing
from statemachines import film
from statemachines.device_abi import AT_SPEED_PERIODS, AT_SPEED_TOLERANCE_PERCENT
from statemachines.words import Motor, Tension

SPINUP_NS = 1_000_000_000
"""From standing to the speed asked for, in real time (assumed)."""

BRAKE_NS = 300_000_000
"""From 24 frames a second to standing (assumed); a faster projector brakes within as many frames."""

AT_SPEED_PERCENT = 100 - AT_SPEED_TOLERANCE_PERCENT


@dataclass(frozen=True, slots=True)
class Reel:
    """A reel of `feet` of film, `gauge` mm wide."""

    gauge: int
    feet: int

    @property
    def end(self) -> int:
        return film.frames_in(self.gauge, self.feet) * PICO

    @property
    def tail(self) -> int:
        return film.tail_start(self.gauge, self.feet) * PICO


@dataclass(slots=True)
class FilmPath:
    """What is true of the film, whatever a sensor says. `ran_out`: its end left the feed roller; `head_off`: its
    head left the take-up reel; `slack_feed`: the feed roller lies. Positions are pico-frames."""

    fps_milli: int
    reel: Reel | None = None
    motion: Motion = field(default_factory=Motion)
    broken: bool = False
    ran_out: bool = False
    head_off: bool = False
    slack_feed: bool = False
    jammed: bool = False

    def thread(self, reel: Reel | None, now_ns: int, position: int = 0) -> None:
        """Thread a reel, or empty the path."""
        self.reel, self.motion = reel, standing(position, now_ns)
        self.broken = self.ran_out = self.head_off = False

    def tension(self) -> Tension:
        """What the rollers report."""
        if self.reel is None or self.broken or self.head_off:
            return Tension.SLACK
        return Tension.FEED if self.ran_out or self.slack_feed else Tension.GOOD

    def frame(self, now_ns: int) -> int:
        return max(self.motion.position(now_ns), 0) // PICO

    def moves(self, now_ns: int) -> bool:
        return bool(self.motion.speed_at(now_ns) or self.motion.target)

    def past_tail(self, now_ns: int) -> bool:
        return self.reel is not None and self.motion.position(now_ns) >= self.reel.tail

    def drive(self, motor: Motor, now_ns: int) -> None:
        """Change towards the speed of `motor`; film that runs the other way is braked first."""
        speed, wanted = self.motion.speed_at(now_ns), self._speed_of(motor)
        if self.jammed:
            self.halt(now_ns)
        elif speed * wanted < 0 or wanted == 0:
            ramp_ns = BRAKE_NS * film.BASE_FPS * 1000 // self.fps_milli if speed else 0
            self.motion = self.motion.towards(0, now_ns, ramp_ns)
        else:
            self.motion = self.motion.towards(wanted, now_ns, SPINUP_NS)
            self.ran_out = False

    def halt(self, now_ns: int, at: int | None = None) -> None:
        """Stand at once, at position `at` or where the film is."""
        self.motion = standing(self.motion.position(now_ns) if at is None else at, now_ns)

    def settled_at(self, motor: Motor, now_ns: int) -> bool:
        """Tell whether the motion is already that of `motor`."""
        return self.motion.target == self._speed_of(motor) and now_ns >= self.motion.settles_ns

    def at_speed_ns(self) -> int | None:
        """Return when the tachometer will have seen its periods at speed; None while film is braked or stands."""
        motion = self.motion
        if motion.target == 0:
            return None
        periods_ns = AT_SPEED_PERIODS * PICO // abs(motion.target)
        return motion.since_ns + motion.ramp_ns * AT_SPEED_PERCENT // 100 + periods_ns

    def tail_ns(self) -> int | None:
        """Return when the tail sensor will see the tail come; None: not on this way."""
        if self.reel is None or not self._forward() or self.motion.start >= self.reel.tail:
            return None
        return self.motion.reaches(self.reel.tail)

    def end_ns(self) -> int | None:
        """Return when the end of the reel will leave the feed roller."""
        return self.motion.reaches(self.reel.end) if self.reel is not None and self._forward() else None

    def head_ns(self) -> int | None:
        """Return when the head will leave the take-up reel, in rewinding."""
        return self.motion.reaches(0) if min(self.motion.speed, self.motion.target) < 0 else None

    def _forward(self) -> bool:
        return max(self.motion.speed, self.motion.target) > 0

    def _speed_of(self, motor: Motor) -> int:
        if motor is Motor.RUN:
            return self.fps_milli
        if motor is Motor.REWIND and self.reel is not None:
            return -film.rewind_fps_milli(self.reel.gauge, self.fps_milli)
        return 0
