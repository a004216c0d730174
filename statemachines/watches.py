# SPDX-License-Identifier: Apache-2.0
"""Alarms that follow from a hall's context alone: each stands while its condition holds, and no longer.

So does a deadline: what has come is waited for no more, whichever event told of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from statemachines.alarms import AlarmState
from statemachines.drafting import HallDraft, cancel, raise_alarm, return_alarm
from statemachines.film import SOUND_EARLY_LIMIT_US, SOUND_LATE_LIMIT_US, frames_in
from statemachines.hall import SILENT_BEATS, Hall
from statemachines.say import moment
from statemachines.show import Start
from statemachines.words import Lamp, Motor, Role, State


@dataclass(frozen=True)
class Watch:
    """An alarm, when it stands, and what it says. `only_ends`: something else raises it, the context ends it."""

    name: str
    stands: Callable[[Hall], bool]
    words: Callable[[Hall], str] = lambda _hall: ""
    only_ends: bool = False


def _showing(hall: Hall) -> bool:
    return hall.state is State.PROJECTING


def out_of_sync(hall: Hall) -> bool:
    """Tell whether sound is earlier or later than people accept, or its timecode has gone silent, in a show.

    Silence is counted in the device's own heartbeats: a controller that was away or stood still heard neither.
    """
    rack = hall.rack
    if not (_showing(hall) and hall.projector.at_speed and hall.settings.dts and rack.heard_ns > hall.since_ns):
        return False
    return rack.beats >= SILENT_BEATS or not -SOUND_LATE_LIMIT_US <= rack.offset_us <= SOUND_EARLY_LIMIT_US


def _overlong(hall: Hall) -> bool:
    feet = hall.film.feet[min(hall.film.reel, len(hall.film.feet)) - 1]
    return _showing(hall) and hall.film.frame > frames_in(hall.film.gauge, feet) * 21 // 20


def _link_watch(role: Role) -> Watch:
    return Watch(
        f"session_lost_{role}",
        lambda hall: (
            role in hall.settings.roles
            and hall.state in (State.PROJECTING, State.REWINDING)
            and not hall.device(role).link.up
        ),
        lambda hall: f"the {role} session is lost, the show goes on: {hall.device(role).link.reason}",
    )


def _heard_watch(role: Role) -> Watch:
    return Watch(
        f"watch_lost_{role}",
        lambda hall: role in hall.settings.roles and not hall.device(role).heard,
        lambda _hall: f"the {role} hardware cannot be heard: its state is read once a second instead",
    )


def _show_late(hall: Hall) -> bool:
    """A show that starts by itself is late at once: its moment does not come again."""
    show = hall.next_show
    grace_ns = hall.settings.timings.show_late
    return show is not None and hall.at_ns >= show.starts_ns + (0 if show.start is Start.SCHEDULE else grace_ns)


def _not_threaded(hall: Hall) -> bool:
    show = hall.next_show
    near = show is not None and hall.at_ns >= show.starts_ns - hall.settings.timings.threaded_before
    return near and not (hall.state is State.THREADING and hall.film.ready)


def _threading(hall: Hall) -> bool:
    return hall.state is State.THREADING and not hall.film.ready


def _lamp_awaited(hall: Hall) -> bool:
    return hall.lamp_wanted and hall.projector.lamp is not Lamp.LIT


def _speeding_up(hall: Hall) -> bool:
    return _showing(hall) and not hall.projector.at_speed


def _planned(hall: Hall) -> str:
    show = hall.next_show
    return f"{show.title} is planned for {moment(show.starts_ns)}" if show is not None else ""


WATCHES = (
    Watch("door_open", lambda h: _showing(h) and h.projector.door_open, lambda _h: "the projector's door is open"),
    Watch(
        "local_control",
        lambda h: _showing(h) and h.projector.local,
        lambda _h: "under local control during a show",
    ),
    Watch(
        "sensor_dissent",
        lambda h: bool(h.dissent),
        lambda h: f"the {h.dissent} contradicts the other sensors: no new start until it is checked",
    ),
    Watch(
        "sync_lost",
        out_of_sync,
        lambda h: "digital sound lost its sync" + ("" if h.film.gauge == 70 else ": playing the analog track"),
    ),
    Watch("reel_overlong", _overlong, lambda _h: "the reel is longer than its listed feet"),
    Watch("show_late", _show_late, lambda h: f"{_planned(h)} and has not started: start it when all is ready"),
    Watch("not_threaded_in_time", _not_threaded, lambda h: f"{_planned(h)}: thread its film and press READY"),
    *(_link_watch(role) for role in Role),
    *(_heard_watch(role) for role in Role),
    Watch("threading_overdue", _threading, only_ends=True),
    Watch("lamp_overdue", _lamp_awaited, only_ends=True),
    Watch("start_overdue", _speeding_up, only_ends=True),
    Watch("motor_stopped", lambda h: h.state is State.THREADING, only_ends=True),
    Watch("film_left_gate", lambda h: h.state is State.IDLE and not h.film.present, only_ends=True),
    Watch("lease_ended", lambda h: _showing(h) and h.projection.unread, only_ends=True),
    Watch("stop_not_confirmed", lambda h: h.state is State.FAULT and not h.fault.confirmed, only_ends=True),
)


_RAISING = tuple(each for each in WATCHES if not each.only_ends)

_AWAITED: dict[str, Callable[[Hall], bool]] = {
    "threading_overdue": _threading,
    "lamp_overdue": lambda hall: hall.state is State.THREADING and _lamp_awaited(hall),
    "start_overdue": _speeding_up,
    "runout": lambda h: h.state in (State.THREADING, State.REWINDING) and h.projector.motor is not Motor.STOP,
    "rewind_overdue": lambda hall: hall.state is State.REWINDING,
}
"""For each deadline of something that is to come: whether it still is to come."""


def watch(draft: HallDraft) -> None:
    """Raise what began to stand, return what ended, and cancel the deadlines of what has come."""
    for deadline in draft.value.deadlines:
        awaited = _AWAITED.get(deadline.name)
        if awaited is not None and not awaited(draft.value):
            cancel(draft, deadline.name)
    active = {alarm.name for alarm in draft.value.alarms if alarm.state is not AlarmState.RETURNED}
    # With no alarm nothing can end: most steps are such, and this is the dearest part of each.
    for each in WATCHES if active else _RAISING:
        stands = each.stands(draft.value)
        if stands and each.name not in active and not each.only_ends:
            raise_alarm(draft, each.name, each.words(draft.value))
        elif not stands and each.name in active:
            return_alarm(draft, each.name)
