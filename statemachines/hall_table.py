# SPDX-License-Identifier: Apache-2.0
"""The hall machine: every edge, with what must hold and what it does. This table is the machine; all else reads it."""

from statemachines import actions as a
from statemachines import guards as g
from statemachines import schedule as s
from statemachines.hall import Hall
from statemachines.table import Action, Edge, Guard, Table
from statemachines.words import State

IDLE, THREADING, PROJECTING, REWINDING, FAULT = State


def edge(
    trigger: str,
    source: State,
    dest: State | None,
    *,
    when: tuple[Guard[Hall], ...] = (),
    do: tuple[Action[Hall], ...] = (),
) -> Edge[Hall]:
    return Edge(trigger=trigger, source=source, dest=dest, guards=when, actions=do)


_START = (
    g.film_present,
    g.film_ready,
    g.not_local,
    g.not_held,
    g.recovered,
    g.estop_released,
    g.door_closed,
    g.film_taut,
    g.sensors_agree,
    g.sessions_up,
    g.motor_stands,
    g.lamp_lit,
)
_LIGHT_OFF = (a.close_dowser, a.mute)
_BEGIN = (s.begin_show, a.keep_lamp, a.run_motor)
_TO_IDLE = (s.end_show, a.forget_programme, a.lamp_off, a.align_all)

_FILM = (
    edge("film_inserted", IDLE, THREADING, when=(g.not_held,), do=(a.expect_threading,)),
    edge("film_inserted", THREADING, None, do=(a.expect_threading,)),
    edge("hold_lifted", IDLE, THREADING, when=(g.film_present, g.not_held), do=(a.expect_threading,)),
    edge("film_ready", THREADING, None, when=(g.film_present, g.not_local), do=(a.strike_lamp,)),
    edge("film_removed", THREADING, None, when=(g.between_reels,)),
    edge("film_removed", THREADING, IDLE, do=_TO_IDLE),
    edge("film_removed", REWINDING, IDLE, do=_TO_IDLE),
    edge("film_removed", PROJECTING, IDLE, do=(*_LIGHT_OFF, a.stop_motor, *_TO_IDLE, a.film_left_during_show)),
    *(edge("local_switched", state, None, when=(g.not_local,), do=(a.align_all,)) for state in (IDLE, THREADING)),
    edge("local_switched", PROJECTING, None, when=(g.not_local,), do=(a.open_gate,)),
)
_SHOW = (
    edge("show_started", THREADING, PROJECTING, when=_START, do=_BEGIN),
    edge(s.SHOW_DUE, THREADING, PROJECTING, when=(s.by_schedule, *_START), do=_BEGIN),
    edge("motor_at_speed", PROJECTING, None, when=(g.before_tail,), do=(a.open_gate,)),
    edge(
        "show_stopped",
        PROJECTING,
        THREADING,
        when=(g.not_local,),
        do=(*_LIGHT_OFF, a.stop_motor, a.lights_up, a.hold_lamp),
    ),
    edge("show_stopped", THREADING, IDLE, when=(g.next_reel_awaited,), do=_TO_IDLE),
    edge("show_stopped", REWINDING, THREADING, when=(g.not_local,), do=(a.stop_motor,)),
    edge(
        "motor_stopped",
        PROJECTING,
        THREADING,
        # It may have been told to run meanwhile, or start again by itself: where no show is, it is to stand.
        do=(*_LIGHT_OFF, a.stop_motor, a.lights_up, a.hold_lamp, a.motor_stopped_by_itself),
    ),
    edge(
        "reel_end",
        PROJECTING,
        THREADING,
        when=(g.reels_left,),
        do=(*_LIGHT_OFF, a.lights_up, a.next_reel, a.expect_runout),
    ),
    edge(
        "reel_end",
        PROJECTING,
        REWINDING,
        when=(g.last_reel,),
        do=(*_LIGHT_OFF, a.lights_up, s.end_show, a.lamp_off, a.expect_runout),
    ),
)
_REWINDING = (
    edge(
        "rewind_requested",
        THREADING,
        REWINDING,
        when=(g.film_present, g.not_local, g.projection_session_up, g.motor_stands),
        do=(s.end_show, a.film_is_new, a.lamp_off, a.rewind_motor),
    ),
    edge("motor_stopped", REWINDING, None, when=(g.tail_reached,), do=(a.rewind_motor,)),
    edge(
        "rewound",
        REWINDING,
        THREADING,
        when=(g.film_present,),
        do=(a.forget_programme, a.align_all),
    ),
    edge("rewound", REWINDING, IDLE, when=(g.gate_empty,), do=_TO_IDLE),
)
_FAULT = (
    *(
        edge(trigger, source, FAULT, do=(a.enter_fault,))
        for trigger in a.FAULT_TRIGGERS
        for source in (IDLE, THREADING, PROJECTING, REWINDING)
        if trigger not in ("device_removed", "device_added", "rewind_overdue", "runtime_recovered")
    ),
    *(
        edge("device_removed", source, FAULT, when=(g.not_held_for_deployment,), do=(a.enter_fault,))
        for source in (IDLE, THREADING, PROJECTING, REWINDING)
    ),
    *(edge("device_added", source, FAULT, do=(a.enter_fault,)) for source in (PROJECTING, REWINDING)),
    edge("rewind_overdue", REWINDING, FAULT, do=(a.enter_fault,)),
    *(
        edge(trigger, FAULT, None, do=(a.add_cause,))
        for trigger in a.FAULT_TRIGGERS
        if trigger not in ("device_added", "clear_refused", "rewind_overdue", "hardware_latched", "runtime_recovered")
    ),
    edge("fault_acknowledged", FAULT, None, when=(g.not_yet_acknowledged,), do=(a.acknowledge_fault,)),
    edge(
        "reset",
        FAULT,
        THREADING,
        when=(g.acknowledged, g.hardware_clear, g.film_present),
        do=(a.clear_hardware, a.expect_threading, a.hold_lamp),
    ),
    edge(
        "reset",
        FAULT,
        IDLE,
        when=(g.acknowledged, g.hardware_clear, g.gate_empty),
        do=(a.clear_hardware, *_TO_IDLE),
    ),
    edge("stop_repeat", FAULT, None, when=(g.stop_unconfirmed,), do=(a.repeat_stop,)),
    edge("stop_confirm", FAULT, None, when=(g.stop_unconfirmed,), do=(a.stop_not_confirmed,)),
)


def _everywhere(trigger: str, *, when: tuple[Guard[Hall], ...] = (), do: tuple[Action[Hall], ...]) -> list[Edge[Hall]]:
    return [edge(trigger, state, None, when=when, do=do) for state in State]


_ANYWHERE = (
    *_everywhere("alarm_acknowledged", when=(g.alarm_named,), do=(a.acknowledge_alarm,)),
    *_everywhere("alarm_shelved", when=(g.alarm_named,), do=(a.shelve_alarm,)),
    *_everywhere("unshelve", do=(a.unshelve_alarm,)),
    *_everywhere("condition_raised", do=(a.raise_condition,)),
    *_everywhere("condition_cleared", do=(a.clear_condition,)),
    *_everywhere("warm_up_asked", do=(a.keep_warm,)),
    *_everywhere("show_scheduled", do=(s.await_show,)),
    *_everywhere("show_unscheduled", do=(s.await_show,)),
    *_everywhere("clock_stepped", do=(s.await_show,)),
    *_everywhere(s.SHOW_DUE, do=(s.await_show, s.tell_not_started)),
    *_everywhere("hardware_read", when=(g.recovered,), do=(a.align_read,)),
    *(edge("lamp_hold", state, None, do=(a.lamp_off,)) for state in (THREADING, FAULT)),
    *(edge("runout", state, None, do=(a.stop_motor,)) for state in (THREADING, REWINDING)),
    edge("threading_overdue", THREADING, None, do=(a.threading_overdue,)),
    edge("lamp_overdue", THREADING, None, do=(a.lamp_overdue,)),
    edge("start_overdue", PROJECTING, None, do=(a.start_overdue,)),
    edge("lease_ended", PROJECTING, None, do=(a.show_went_on,)),
)

_ADOPTIONS = {
    THREADING: (a.adopted,),
    PROJECTING: (s.begin_show, a.adopted, a.keep_lamp),
    REWINDING: (s.end_show, a.adopted, a.expect_rewound),
    IDLE: (s.end_show, a.adopted),
    FAULT: (a.enter_fault,),
}
_RECOVERY = (
    *(
        edge("runtime_recovered", source, dest, when=(g.ADOPTS[dest],), do=do)
        for source in (IDLE, THREADING, PROJECTING, REWINDING)
        for dest, do in _ADOPTIONS.items()
        if source is not dest and not (dest in (IDLE, THREADING) and source in (THREADING, REWINDING))
    ),
    *(
        edge("runtime_recovered", state, None, when=(g.recovered,), do=(a.adopted,))
        for state in (IDLE, THREADING, PROJECTING, REWINDING)
    ),
    edge("runtime_recovered", FAULT, None, do=(a.align_fault,)),
)

HALL_TABLE: Table[Hall] = Table(State, (*_FILM, *_SHOW, *_REWINDING, *_FAULT, *_ANYWHERE, *_RECOVERY))
