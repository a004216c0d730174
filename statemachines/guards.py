# SPDX-License-Identifier: Apache-2.0
"""Guards of the hall's edges. Each passes with an empty string or refuses in an operator's words."""

from collections.abc import Callable

from statemachines import events as e
from statemachines.alarms import AlarmState
from statemachines.hall import DEPLOYMENT_HOLD, Hall
from statemachines.say import moment
from statemachines.table import Draft, Guard
from statemachines.words import Lamp, Motor, Role, State

HallDraft = Draft[Hall]


def film_present(draft: HallDraft) -> str:
    return "" if draft.value.film.present else "there is no film in the path"


def gate_empty(draft: HallDraft) -> str:
    return "the film is still in the gate" if draft.value.film.present else ""


def film_ready(draft: HallDraft) -> str:
    return "" if draft.value.film.ready else "the film is not ready: press READY when it is threaded"


def film_taut(draft: HallDraft) -> str:
    hall = draft.value
    return "" if hall.taut else f"the film is not taut: the tension rollers say {hall.projector.tension}"


def lamp_lit(draft: HallDraft) -> str:
    lamp = draft.value.projector.lamp
    return "" if lamp is Lamp.LIT else f"the lamp is not lit, it is {lamp}"


def door_closed(draft: HallDraft) -> str:
    return "the projector's door is open" if draft.value.projector.door_open else ""


def not_local(draft: HallDraft) -> str:
    return "the projector is under local control: turn the LOCAL key back" if draft.value.projector.local else ""


def estop_released(draft: HallDraft) -> str:
    return "the red button is pressed: pull it out" if draft.value.projector.estop else ""


def sensors_agree(draft: HallDraft) -> str:
    dissent = draft.value.dissent
    return f"the {dissent} contradicts the other sensors: check it, then acknowledge its alarm" if dissent else ""


def not_held(draft: HallDraft) -> str:
    holds = draft.value.holds
    return f"the hall is held for {holds[0].name}: {holds[0].reason}" if holds else ""


def not_held_for_deployment(draft: HallDraft) -> str:
    held = any(hold.name == DEPLOYMENT_HOLD for hold in draft.value.holds)
    return "expected: the hall is held for a deployment" if held else ""


def recovered(draft: HallDraft) -> str:
    return "" if draft.value.recovered else "the hardware has not been read yet since the controller started"


def _session_up(hall: Hall, role: Role) -> str:
    link = hall.device(role).link
    if link.up:
        return ""
    since = f" since {moment(link.since_ns)}" if link.since_ns else ""
    return f"the {role} session is not up{since}: {link.reason}"


def projection_session_up(draft: HallDraft) -> str:
    return _session_up(draft.value, Role.PROJECTION)


def sessions_up(draft: HallDraft) -> str:
    hall = draft.value
    return next(filter(None, (_session_up(hall, role) for role in hall.settings.roles)), "")


def motor_stands(draft: HallDraft) -> str:
    projector = draft.value.projector
    if projector.motor is not Motor.STOP:
        return f"the motor is still running ({projector.motor})"
    return "the film does not stand yet: try again in a moment" if projector.at_speed else ""


def last_reel(draft: HallDraft) -> str:
    film = draft.value.film
    return "" if film.reel >= len(film.feet) else f"reel {film.reel + 1} of {len(film.feet)} comes next"


def reels_left(draft: HallDraft) -> str:
    return "" if last_reel(draft) else "this was the last reel"


def between_reels(draft: HallDraft) -> str:
    return "" if draft.value.film.between else "no reel is awaited"


def next_reel_awaited(draft: HallDraft) -> str:
    film = draft.value.film
    return "" if film.between and not film.present else "the film is not running"


def tail_reached(draft: HallDraft) -> str:
    return "" if draft.value.film.tail else "the picture is not over"


def before_tail(draft: HallDraft) -> str:
    return "the picture is over" if draft.value.film.tail else ""


def acknowledged(draft: HallDraft) -> str:
    return "" if draft.value.fault.acknowledged_ns else "acknowledge the fault first"


def not_yet_acknowledged(draft: HallDraft) -> str:
    at_ns = draft.value.fault.acknowledged_ns
    return f"it was acknowledged at {moment(at_ns)}" if at_ns else ""


def hardware_clear(draft: HallDraft) -> str:
    """The hardware reads clear: every device was read after the acknowledgement, lately, and stands safe."""
    hall = draft.value
    for role in hall.settings.roles:
        device = hall.device(role)
        if device.read_ns <= hall.fault.acknowledged_ns:
            return f"the {role} hardware has not been read since the acknowledgement"
        if hall.at_ns - device.read_ns > hall.settings.timings.snapshot_fresh:
            return f"the {role} hardware was last read at {moment(device.read_ns)}: it must answer now"
    return _unclear(hall)


def _unclear(hall: Hall) -> str:
    projector = hall.projector
    checks = (
        (projector.motor is not Motor.STOP or projector.at_speed, "the motor is still running"),
        (projector.dowser_open, "the dowser is still open"),
        (projector.estop, "the red button is still pressed: pull it out"),
        (projector.local, "the projector is under local control: turn the LOCAL key back"),
        (projector.door_open, "the projector's door is open"),
        (bool(hall.dissent), f"the {hall.dissent} contradicts the other sensors"),
        (hall.film.present and not hall.taut, "the film is slack: thread it again or take it out"),
    )
    return next((words for unclear, words in checks if unclear), "")


def alarm_named(draft: HallDraft) -> str:
    """Acknowledging and shelving name an alarm that is there; a shelving has an end within a day."""
    event = draft.event
    if not isinstance(event, e.OperatorRequested):
        return ""
    if all(alarm.name != event.argument for alarm in draft.value.alarms):
        return f"there is no alarm called {event.argument!r} in this hall"
    alarm = next(alarm for alarm in draft.value.alarms if alarm.name == event.argument)
    if event.verb == "shelve" and alarm.state is AlarmState.RETURNED:
        return "the cause of this alarm is gone: acknowledge it"
    if event.verb == "shelve" and not 1 <= event.minutes <= 24 * 60:
        return "an alarm is shelved for 1 to 1440 minutes"
    return ""


def stop_unconfirmed(draft: HallDraft) -> str:
    return "the hardware stands" if draft.value.fault.confirmed else ""


_ADOPTED: dict[State, Callable[[Hall], bool]] = {
    State.FAULT: lambda hall: hall.latched,
    State.PROJECTING: lambda hall: hall.projector.dowser_open and hall.projector.at_speed,
    State.REWINDING: lambda hall: hall.projector.motor is Motor.REWIND,
    State.THREADING: lambda hall: hall.film.present,
    State.IDLE: lambda _hall: True,
}


def hardware_says(hall: Hall) -> State:
    """Return the state that the hardware, read by itself, is in (DOMAIN 'hardware adopted')."""
    return next(state for state, holds in _ADOPTED.items() if holds(hall))


def contradicted(hall: Hall) -> bool:
    """Tell whether a snapshot contradicts the state to which log and rings led."""
    projector = hall.projector
    return (
        (hall.state is not State.PROJECTING and projector.dowser_open and projector.at_speed)
        or (hall.state is not State.REWINDING and projector.motor is Motor.REWIND)
        or (hall.state is State.PROJECTING and projector.motor is Motor.STOP)
        or (hall.state is State.IDLE and hall.film.present and not hall.holds)
        or (hall.state is not State.FAULT and hall.latched)
    )


def _adopts(state: State) -> Guard[Hall]:
    def adopted(draft: HallDraft) -> str:
        hall = draft.value
        if not hall.recovered:
            return recovered(draft)
        if not contradicted(hall):
            return "the hardware agrees with the log"
        return "" if hardware_says(hall) is state else f"the hardware is not {state}"

    adopted.__name__ = f"hardware_says_{state}"
    return adopted


ADOPTS = {state: _adopts(state) for state in State}
"""For each state, the guard that the hardware contradicts the log and says that state."""
