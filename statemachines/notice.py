# SPDX-License-Identifier: Apache-2.0
"""What a snapshot shows that no event told: the trigger that the lost event would have fired."""

from statemachines.events import SnapshotRead
from statemachines.film import LEADER_FRAMES
from statemachines.hall import Hall
from statemachines.words import Motor, Role, State, Verb

NOTED = "snapshot_read"


def noticed(before: Hall, hall: Hall, event: SnapshotRead) -> str:
    """Return the trigger that a snapshot stands for; most say nothing new.

    While events are still on their way (the snapshot knows of more than was heard) or a command is not answered,
    they tell their own story and nothing is guessed; a latched fault never waits.
    """
    device = hall.device(event.role)
    clearing = any(each.verb is Verb.CLEAR for each in device.pending)
    if device.latched and hall.state is not State.FAULT and not clearing:
        return "hardware_latched"
    settled = not device.pending and (not device.heard or event.snapshot.seq == device.hw_seq)
    if event.role is Role.PROJECTION and settled:
        missed = _missed(before, hall)
        if missed:
            return missed
    return "hardware_read" if before.device(event.role).unread else NOTED


def _missed(before: Hall, hall: Hall) -> str:
    projector, film = hall.projector, hall.film
    standing = projector.motor is Motor.STOP
    match hall.state:
        case State.IDLE if film.present and not hall.holds:
            return "film_inserted"
        case State.THREADING | State.PROJECTING | State.REWINDING if not film.present and not film.between:
            return "film_removed"
        case State.THREADING if film.ready and not before.film.ready:
            return "film_ready"
        case State.PROJECTING if standing:
            return "motor_stopped"
        case State.PROJECTING if projector.at_speed and not projector.dowser_open and hall.taut:
            return "motor_at_speed"
        case State.REWINDING if standing and film.tail:
            return "motor_stopped"
        case State.REWINDING if standing and not hall.settings.platter and film.frame <= LEADER_FRAMES:
            return "rewound"
        case _:
            return ""
