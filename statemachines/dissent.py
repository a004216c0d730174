# SPDX-License-Identifier: Apache-2.0
"""Cross-checks of sensors: one roller, one tachometer, one timecode can lie.

A dissenting sensor is an alarm and blocks the next start; it never stops a running show.
"""

from msgspec.structs import replace

from statemachines.film import BASE_FPS, film_us
from statemachines.hall import Hall
from statemachines.words import Motor, State, Tension

_ROLLERS = {Tension.FEED: "feed roller", Tension.TAKEUP: "take-up roller"}
TIMECODE = "timecode"

_LAG_US = 3_000_000
"""Frame counter and timecode are sampled once a second by two machines: less than this apart they agree (assumed)."""


def _roller(hall: Hall) -> str:
    """With film threaded and the motor standing both rollers are under tension: one that is slack dissents."""
    threaded = hall.film.present and hall.film.ready and hall.projector.motor is Motor.STOP
    return _ROLLERS.get(hall.projector.tension, "") if threaded else ""


def _timecode(hall: Hall) -> str:
    """At speed, timecode and frame counter must tell the same place on the film. Judged as timecode comes in."""
    running = hall.state is State.PROJECTING and hall.projector.at_speed and not hall.film.tail
    if not (running and hall.settings.dts and hall.rack.heard_ns == hall.at_ns):
        return TIMECODE if hall.dissent == TIMECODE else ""
    apart = abs(hall.rack.film_us - film_us(hall.film.frame))
    return TIMECODE if apart > _LAG_US * hall.settings.fps_milli // (BASE_FPS * 1000) else ""


def dissenting(hall: Hall) -> Hall:
    """Return the hall with `dissent` naming the sensor that contradicts the others, or empty."""
    dissent = _roller(hall) or _timecode(hall)
    return replace(hall, dissent=dissent) if dissent != hall.dissent else hall
