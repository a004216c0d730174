# SPDX-License-Identifier: Apache-2.0
"""One step of a hall: an event in, a new hall, effects and a verdict out. Pure, synchronous, total."""

from dataclasses import dataclass

from msgspec.structs import replace

from statemachines import actions, actuators
from statemachines import events as e
from statemachines.absorb import absorbed, already_heard, stale
from statemachines.drafting import HallDraft, command, on_its_way
from statemachines.effects import Effect
from statemachines.hall import Hall, Pending
from statemachines.hall_table import HALL_TABLE
from statemachines.notice import noticed
from statemachines.reasons import ASKED, HAPPENED, not_here
from statemachines.schedule import run_cues
from statemachines.table import Draft
from statemachines.watches import out_of_sync, watch
from statemachines.words import Motor, Role, Sound, State, Verb, Verdict

VERBS = {
    "start": "show_started",
    "stop": "show_stopped",
    "rewind": "rewind_requested",
    "acknowledge": "alarm_acknowledged",
    "reset": "reset",
    "shelve": "alarm_shelved",
    "emergency_stop": "emergency_stop",
}
"""Operator verbs and the triggers that they fire."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step came to. `edge` is empty when no edge fired; `reason` always says why, in words."""

    hall: Hall
    effects: tuple[Effect, ...]
    verdict: Verdict
    edge: str
    reason: str


def _ignored(hall: Hall, stamped: e.Stamped) -> str:
    """Return why an event is not even taken into account, or an empty string."""
    match stamped.event:
        case e.KernelEvent() as event if already_heard(hall, event):
            return f"this event was heard before ({event.role} {event.hw_seq})"
        case e.TimerDue(name=name) if hall.armed(name) is None:
            return f"the timer '{name}' is not armed any more"
        case e.SnapshotRead() as event if stale(hall, event):
            return "this snapshot is older than what was heard since"
        case e.OperatorRequested(verb=verb) if verb not in VERBS:
            return f"no operator verb is called {verb!r}: use one of {', '.join(VERBS)}"
        case e.OperatorRequested(verb=verb, expired=True) if verb != "emergency_stop":
            return "too old: it was asked for more than 10 s ago, ask again"
        case _:
            return ""


def trigger_of(before: Hall, hall: Hall, event: e.Event) -> str:
    """Return which trigger an event fires, given the hall before and after it was told."""
    match event:
        case e.OperatorRequested(verb="acknowledge", argument=alarm):
            of_root = not alarm or (hall.state is State.FAULT and alarm == hall.fault.cause)
            return "fault_acknowledged" if of_root else "alarm_acknowledged"
        case e.OperatorRequested(verb=verb):
            return VERBS[verb]
        case e.TimerDue(name=name):
            return "unshelve" if name.startswith(actions.UNMASK) else name
        case e.CommandDone(result=result) as done:
            order = answered(before, done)
            refused = order is not None and order.verb is Verb.CLEAR and result == "refused:interlock"
            return "clear_refused" if refused else "command_done"
        case e.SnapshotRead():
            return noticed(before, hall, event)
        case e.SessionUp(role=Role.PROJECTION, lease_ended=True) if before.projector.dowser_open:
            return "lease_ended"
        case _:
            return e.kind_of(event)


def _restart_or(before: Hall, hall: Hall, event: e.Event) -> str:
    """Return the trigger of an event, or `device_added` when it shows that a device restarted under running film.

    Whatever the first word of a new epoch is, a show cannot go on over it; a cause of fault keeps its own name.
    """
    trigger = trigger_of(before, hall, event)
    restarts = (before.state, "device_added") in HALL_TABLE.by_pair and trigger not in actions.FAULT_TRIGGERS
    match event:
        case e.KernelEvent(role=role) | e.SnapshotRead(role=role) | e.EventsLost(role=role) if restarts:
            known = before.device(role).epoch
            return "device_added" if known not in (0, hall.device(role).epoch) else trigger
        case _:
            return trigger


def answered(before: Hall, done: e.CommandDone) -> Pending | None:
    """Return the command that was answered, or None when none of that number was on its way."""
    return next((order for order in before.device(done.role).pending if order.cmd_seq == done.cmd_seq), None)


def step(hall: Hall, stamped: e.Stamped) -> Step:
    """Take one event. Never raises on any event; a broken invariant of the table is the only exception."""
    ignored = _ignored(hall, stamped)
    if ignored:
        return Step(hall, (), Verdict.REFUSAL, "", ignored)
    draft: HallDraft = Draft(absorbed(hall, stamped), stamped)
    trigger = _restart_or(hall, draft.value, stamped.event)
    fired = HALL_TABLE.fire(draft, hall.state, trigger)
    _react(draft, hall)
    if fired is None:
        verdict, reason = _unfired(draft, trigger)
        return Step(draft.value, tuple(draft.effects), verdict, "", reason)
    verdict = Verdict.TRANSITION if fired.dest is not None else Verdict.INTERNAL
    return Step(draft.value, tuple(draft.effects), verdict, fired.name, HAPPENED[trigger])


def _unfired(draft: HallDraft, trigger: str) -> tuple[Verdict, str]:
    if trigger in ASKED:
        return Verdict.REFUSAL, draft.refusals[0] if draft.refusals else not_here(draft.value.state, trigger)
    return Verdict.INTERNAL, draft.refusals[0] if draft.refusals else "noted"


def _react(draft: HallDraft, before: Hall) -> None:
    """What must hold after every step, whichever edge fired."""
    _confirm_stop(draft)
    _fall_back_to_analog(draft)
    _keep_dowser_safe(draft, before)
    run_cues(draft)
    watch(draft)


def _confirm_stop(draft: HallDraft) -> None:
    hall = draft.value
    if hall.state is not State.FAULT or hall.fault.confirmed:
        return
    stands = not hall.projector.dowser_open and hall.projector.motor is Motor.STOP
    if stands and hall.projection.read_ns > hall.fault.asked_ns:
        draft.change(fault=replace(hall.fault, confirmed=True))


def _fall_back_to_analog(draft: HallDraft) -> None:
    """70 mm DTS prints carry no analog track: there the alarm is all that can be done."""
    hall = draft.value
    if hall.film.gauge != 70 and not hall.analog and out_of_sync(hall):
        draft.change(analog=True)
        command(draft, Role.SOUND, Verb.SOUND, Sound.ANALOG)


def _closes(before: Hall, done: e.CommandDone) -> bool:
    order = answered(before, done) if done.role is Role.PROJECTION else None
    return order is not None and (order.verb, order.arg) in ((Verb.DOWSER, "close"), (Verb.SAFE_STOP, ""))


def _keep_dowser_safe(draft: HallDraft, before: Hall) -> None:
    """Safety rule 1. The answer to a close that failed does not ask again: the next event does."""
    hall, event = draft.value, draft.event
    if hall.dowser_unsafe and hall.state is not State.FAULT:
        failed = isinstance(event, e.CommandDone) and event.result != "ok" and _closes(before, event)
        if not (failed or on_its_way(hall, Role.PROJECTION, Verb.DOWSER, "close")):
            actions.close_dowser(draft)
    elif isinstance(draft.event, e.TensionChanged) and actuators.light_on_film(hall):
        if before.taut:
            actuators.align(draft)  # a roller that only rattles commands nothing; a loss that was not heard may have
        else:
            actions.open_gate(draft)
