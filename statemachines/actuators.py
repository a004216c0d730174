# SPDX-License-Identifier: Apache-2.0
"""What a state wants of the actuators, and the commands by which the hardware differs from it.

The order is safety's: light off the film first, then the sound, then the motor, then the room.
"""

from dataclasses import dataclass

from statemachines.drafting import HallDraft, command, on_its_way
from statemachines.hall import Hall
from statemachines.words import Lamp, Lights, Motor, Role, Sound, State, Verb

_BURNING = (Lamp.LIT, Lamp.STRIKING)


@dataclass(frozen=True)
class Want:
    """One actuator: the command that brings it where it should be, and whether it is there already."""

    role: Role
    verb: Verb
    arg: str
    there: bool


def _motor(hall: Hall) -> Motor:
    if hall.state is State.PROJECTING and not hall.film.tail:
        return Motor.RUN
    if hall.state is State.REWINDING and not hall.settings.platter:
        running_out = hall.film.tail and hall.projector.motor is Motor.RUN
        return Motor.RUN if running_out else Motor.REWIND
    return Motor.STOP


def light_on_film(hall: Hall) -> bool:
    """Tell whether the state wants the dowser open now: film runs at speed, is taut, and is picture."""
    return hall.state is State.PROJECTING and hall.projector.at_speed and hall.taut and not hall.film.tail


def heard_as(hall: Hall) -> Sound:
    """Return what the sound rack plays while there is picture: digital, or the analog track as fall-back."""
    return Sound.ANALOG if hall.analog else Sound.PLAY


def wants(hall: Hall) -> tuple[Want, ...]:
    """Return each actuator of the hall with what its state wants of it, in the safe order."""
    projector, light = hall.projector, light_on_film(hall)
    sound = heard_as(hall) if light else Sound.MUTE
    motor = _motor(hall)
    lamp = hall.lamp_wanted or (hall.state is State.PROJECTING)
    lights = hall.room_lights if light else Lights.UP
    dowser = "open" if light else "close"
    return (
        Want(Role.PROJECTION, Verb.DOWSER, dowser, projector.dowser_open == light),
        Want(Role.SOUND, Verb.SOUND, sound, hall.rack.sound is sound),
        Want(Role.PROJECTION, Verb.MOTOR, motor, projector.motor is motor),
        Want(Role.PROJECTION, Verb.LAMP, "on" if lamp else "off", (projector.lamp in _BURNING) == lamp),
        Want(Role.PROJECTION, Verb.LIGHTS, lights, projector.lights is lights),
    )


def align(draft: HallDraft, *roles: Role) -> None:
    """Command what differs. Nothing under local control: hands are in the machine."""
    if draft.value.projector.local:
        return
    for want in wants(draft.value):
        sent = on_its_way(draft.value, want.role, want.verb, want.arg)
        if want.role in (roles or tuple(Role)) and not want.there and not sent:
            command(draft, want.role, want.verb, want.arg)
