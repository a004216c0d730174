# SPDX-License-Identifier: Apache-2.0
"""What people read of a hall's state: the state word made fuller by its context."""

from statemachines.film import film_us
from statemachines.hall import Hall
from statemachines.words import Lamp, Motor, State


def _clock(frame: int) -> str:
    seconds = film_us(frame) // 1_000_000
    return f"{seconds // 60}:{seconds % 60:02}"


def _threading(hall: Hall) -> str:
    film, lamp = hall.film, hall.projector.lamp
    if film.between:
        return f"Waiting for reel {film.reel} of {len(film.feet)}"
    if not film.ready:
        return "Threading"
    if hall.lamp_wanted and lamp is not Lamp.LIT:
        return "Threaded, lamp is striking"
    if film.frame > 0:
        return f"Paused at {_clock(film.frame)}"
    return "Threaded, ready to start" if lamp is Lamp.LIT else "Threaded, lamp off"


def _projecting(hall: Hall) -> str:
    if not hall.projector.at_speed:
        return "Starting"
    return "Projecting" if hall.projector.dowser_open else "Running dark"


def _rewinding(hall: Hall) -> str:
    running_out = hall.film.tail and hall.projector.motor is Motor.RUN
    return "Running out the tail" if running_out else "Rewinding"


def _fault(hall: Hall) -> str:
    step = "" if not hall.fault.acknowledged_ns else ", acknowledged"
    return f"Fault{step}: {hall.fault.words}"


def label(hall: Hall) -> str:
    """Return the hall's condition in a few words."""
    words = {
        State.IDLE: lambda _hall: "Idle",
        State.THREADING: _threading,
        State.PROJECTING: _projecting,
        State.REWINDING: _rewinding,
        State.FAULT: _fault,
    }[hall.state](hall)
    if hall.projector.local:
        return f"{words} (under local control)"
    if hall.holds:
        return f"{words} (held for {hall.holds[0].name})"
    return words
