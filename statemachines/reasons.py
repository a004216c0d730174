# SPDX-License-Identifier: Apache-2.0
"""What each trigger means in a sentence, and why a state does not act on what is asked of it."""

from statemachines.words import State

HAPPENED: dict[str, str] = {
    "film_inserted": "film was put into the path",
    "hold_lifted": "a hold ended with film in the path",
    "film_ready": "READY: the film is threaded",
    "film_removed": "the gate is empty",
    "local_switched": "the LOCAL key was turned back",
    "show_started": "the show was started",
    "motor_at_speed": "the film runs at speed",
    "show_stopped": "the film was stopped",
    "motor_stopped": "the motor stands",
    "reel_end": "the picture of this reel is over",
    "rewind_requested": "rewinding was asked for",
    "rewound": "the reel is rewound",
    "emergency_stop": "emergency stop",
    "film_broke": "the film broke",
    "motor_stalled": "the motor stalled",
    "motor_oversped": "the motor ran too fast",
    "lamp_failed": "the lamp failed",
    "device_stuck": "the device's own watchdog fired",
    "device_removed": "the device went away",
    "device_added": "the device started",
    "hardware_latched": "the hardware keeps a fault latched",
    "clear_refused": "the hardware refused to clear its fault",
    "rewind_overdue": "the film is not rewound in its time",
    "fault_acknowledged": "a person acknowledged the fault",
    "reset": "a person reset the hall",
    "stop_repeat": "the stop is asked for until the hardware shows it",
    "stop_confirm": "the stop should have been confirmed by now",
    "alarm_acknowledged": "a person acknowledged an alarm",
    "alarm_shelved": "a person shelved an alarm",
    "unshelve": "a shelving ended",
    "condition_raised": "the controller noticed a condition",
    "condition_cleared": "a condition of the controller is over",
    "warm_up_asked": "sessions are wanted ahead of need",
    "show_scheduled": "the next show is planned",
    "show_unscheduled": "the next show is not planned any more",
    "show_due": "it is time to look at the next show",
    "clock_stepped": "the controller's clock was set",
    "hardware_read": "the hardware was read over a new session",
    "lamp_hold": "the lamp was kept lit long enough",
    "runout": "the tail should have run out by now",
    "threading_overdue": "threading takes too long",
    "lamp_overdue": "the lamp should burn by now",
    "start_overdue": "the film should run at speed by now",
    "lease_ended": "the projector had run on without its controller",
    "runtime_recovered": "the controller started beside this hardware",
}
"""Every trigger of the table; a test holds the two together."""

_NOT_HERE: dict[str, dict[State, str]] = {
    "film_inserted": {
        State.PROJECTING: "film is in the path already",
        State.REWINDING: "film is in the path already",
        State.FAULT: "the hall is in fault: acknowledge and reset it first",
    },
    "film_ready": {
        State.IDLE: "READY was pressed and no film is threaded in this hall",
        State.PROJECTING: "the film is running already",
        State.REWINDING: "the film is rewinding",
        State.FAULT: "the hall is in fault: acknowledge and reset it first",
    },
    "show_started": {
        State.IDLE: "no film is threaded in this hall",
        State.PROJECTING: "the film is already running",
        State.REWINDING: "the film is rewinding",
        State.FAULT: "the hall is in fault: acknowledge and reset it first",
    },
    "show_stopped": {
        State.IDLE: "no film is threaded in this hall",
        State.FAULT: "the hall is in fault, everything stands already",
    },
    "rewind_requested": {
        State.IDLE: "no film is threaded in this hall",
        State.PROJECTING: "the film is running: stop it first",
        State.REWINDING: "the film is rewinding already",
        State.FAULT: "the hall is in fault: acknowledge and reset it first",
    },
    "fault_acknowledged": {},
    "reset": {},
}

ASKED = frozenset((*_NOT_HERE, "alarm_acknowledged", "alarm_shelved"))
"""Triggers by which somebody asks for something: not acting on one of these is a refusal, on any other a note."""


def not_here(state: State, trigger: str) -> str:
    """Return why a state has no edge for something that was asked for."""
    return _NOT_HERE.get(trigger, {}).get(state) or f"only in fault, and the hall is {state}"
