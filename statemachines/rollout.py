# SPDX-License-Identifier: Apache-2.0
"""The roll-out machine: which servers are begun when, and when no more are. Pure, synchronous, total.

Invariant: a server is in one deployment of a roll-out at a time, and two servers of one hall never together.
A roll-out never touches a server: it asks deployments, and hears how they ended.
"""

from collections import Counter

from msgspec.structs import replace

from statemachines import rollout_actions as a
from statemachines.effects import Effect
from statemachines.events import Stamped, TimerDue, kind_of
from statemachines.rollout_events import DeploymentEnded, RolloutAsked, RolloutEvent
from statemachines.rollout_value import Place, Plan, Rollout, RolloutState, Server, window_timer
from statemachines.table import Action, Draft, Edge, Guard, Table
from statemachines.values import Value
from statemachines.words import Verdict

_WAITING, _RUNNING, _PAUSED, _HALTED, _ABORTING, _DONE, _ABORTED = RolloutState
_ACTIVE = (_WAITING, _RUNNING, _PAUSED, _HALTED)
_OVER = (_DONE, _ABORTED)

_When = tuple[Guard[Rollout], ...]
_Do = tuple[Action[Rollout], ...]


def _edge(
    trigger: str, source: RolloutState, dest: RolloutState | None, *, when: _When = (), do: _Do = ()
) -> Edge[Rollout]:
    return Edge(trigger=trigger, source=source, dest=dest, guards=when, actions=do)


_GO: _Do = (a.await_window, a.resume_working, a.begin_next)
_STOP: _Do = (a.await_window, a.pause_working)

EDGES = (
    _edge("rollout_asked", _WAITING, _RUNNING, when=(a.window_open,), do=(a.await_window, a.begin_next)),
    _edge("rollout_asked", _WAITING, None, do=(a.await_window,)),
    # Its hours.
    _edge("window_due", _WAITING, _RUNNING, when=(a.window_open,), do=_GO),
    _edge("window_due", _RUNNING, _WAITING, when=(a.window_closed,), do=_STOP),
    *(_edge("window_due", state, None, do=(a.await_window,)) for state in (*_ACTIVE, _ABORTING)),
    # Its servers.
    *(
        _edge("deployment_ended", state, _HALTED, when=(a.limit_reached,), do=(a.note_limit, a.pause_working))
        for state in (_WAITING, _RUNNING, _PAUSED)
    ),
    *(
        _edge("deployment_ended", state, _DONE, when=(a.all_over,), do=(a.forget_window,))
        for state in (_WAITING, _RUNNING, _PAUSED)
    ),
    _edge("deployment_ended", _RUNNING, None, do=(a.begin_next,)),
    _edge("deployment_ended", _ABORTING, _ABORTED, when=(a.none_working,), do=(a.forget_window,)),
    *(_edge("deployment_ended", state, None) for state in (_WAITING, _PAUSED, _HALTED, _ABORTING, _DONE, _ABORTED)),
    # What people ask for.
    *(
        _edge("rollout_pause_asked", state, _PAUSED, do=(a.note_paused, a.pause_working))
        for state in (_WAITING, _RUNNING)
    ),
    _edge("rollout_resume_asked", _HALTED, _DONE, when=(a.nothing_left,), do=(a.excuse, a.forget_window)),
    *(
        _edge("rollout_resume_asked", state, _RUNNING, when=(a.something_left, a.window_open), do=(a.excuse, *_GO))
        for state in (_PAUSED, _HALTED, _DONE)
    ),
    *(
        _edge("rollout_resume_asked", state, _WAITING, when=(a.something_left,), do=(a.excuse, a.await_window))
        for state in (_PAUSED, _HALTED, _DONE)
    ),
    *(
        _edge("rollout_abort_asked", state, _ABORTED, when=(a.none_working,), do=(a.note_aborted, a.forget_window))
        for state in _ACTIVE
    ),
    *(_edge("rollout_abort_asked", state, _ABORTING, do=(a.note_aborted, a.abort_working)) for state in _ACTIVE),
    # The runtime started again.
    _edge("rollout_recovered", _RUNNING, _WAITING, when=(a.window_closed,), do=(a.begin_again, *_STOP)),
    _edge("rollout_recovered", _WAITING, _RUNNING, when=(a.window_open,), do=(a.begin_again, *_GO)),
    _edge("rollout_recovered", _RUNNING, None, do=(a.begin_again, *_GO)),
    *(_edge("rollout_recovered", state, None, do=(a.begin_again, *_STOP)) for state in (_WAITING, _PAUSED, _HALTED)),
    _edge("rollout_recovered", _ABORTING, None, do=(a.await_window, a.begin_again, a.abort_working)),
)

ROLLOUT_TABLE = Table(RolloutState, EDGES)

_STANDS = {
    _WAITING: "the roll-out waits for its hours",
    _RUNNING: "the roll-out runs",
    _PAUSED: "the roll-out is paused",
    _HALTED: "the roll-out has halted: resume or abort it",
    _ABORTING: "the roll-out is being aborted",
    _DONE: "the roll-out is over",
    _ABORTED: "the roll-out was aborted",
}

_EARLY_NS = 100_000_000
"""A timer may come this early by the runtime's time."""


class RolloutStep(Value, frozen=True, kw_only=True):
    """What a step made of an event. Only a refusal has a `reason`, and it leaves the roll-out as it was."""

    rollout: Rollout
    effects: tuple[Effect, ...] = ()
    verdict: Verdict
    edge: str = ""
    reason: str = ""


def _wrong(plan: Plan) -> str:
    """Return what makes a plan impossible, or an empty string."""
    names = Counter(target.server for target in plan.targets)
    twice = [name for name, count in names.items() if count > 1]
    if not names:
        return "it names no server"
    if twice:
        return f"it names server {twice[0]} more than once"
    if plan.batch < 1 or plan.canaries < 0 or plan.failures_allowed < 0:
        return "a batch is at least one server, and neither canaries nor allowed failures are below zero"
    return ""


def _ignored(rollout: Rollout, stamped: Stamped) -> str:
    match stamped.event:
        case TimerDue(name=name):
            armed = name == window_timer(rollout.id) and bool(rollout.change_ns)
            due = armed and stamped.at_ns >= rollout.change_ns - _EARLY_NS
            return "" if due else f"the timer '{name}' is not armed for now"
        case RolloutEvent(rollout=other) if other != rollout.id:
            return f"that is about roll-out {other}"
        case RolloutAsked(plan=plan):
            return "it was asked for before" if rollout.servers else _wrong(plan)
        case RolloutEvent() if not rollout.servers:
            return "this roll-out was never asked for"
        case DeploymentEnded() as event:
            return _not_awaited(rollout, event)
        case RolloutEvent():
            return ""
        case event:
            return f"{kind_of(event)} is no affair of a roll-out"


def _not_awaited(rollout: Rollout, event: DeploymentEnded) -> str:
    server = next((each for each in rollout.servers if each.target.server == event.server), None)
    if server is None:
        return f"server {event.server} is not in this roll-out"
    awaited = event.attempt == server.attempt and server.place in (Place.WORKING, Place.FAILED)
    if not awaited or event.place in (Place.WAITING, Place.WORKING):
        return f"no such end of attempt {event.attempt} is awaited from server {event.server}"
    return ""


def _absorbed(rollout: Rollout, stamped: Stamped) -> Rollout:
    rollout = replace(rollout, at_ns=stamped.at_ns)
    match stamped.event:
        case RolloutAsked(plan=plan):
            places = (Server(target=target, wave=plan.wave_of(index)) for index, target in enumerate(plan.targets))
            return replace(rollout, plan=plan, servers=tuple(places))
        case DeploymentEnded(server=name, place=place, reason=reason):
            servers = (
                replace(each, place=place, reason=reason) if each.target.server == name else each
                for each in rollout.servers
            )
            return replace(rollout, servers=tuple(servers))
        case _:
            return rollout


def step(rollout: Rollout, stamped: Stamped) -> RolloutStep:
    """Let one event happen to a roll-out. Total: each is a transition, an internal reaction or a refusal."""
    reason = _ignored(rollout, stamped)
    if reason:
        return RolloutStep(rollout=rollout, verdict=Verdict.REFUSAL, reason=reason)
    event = stamped.event
    trigger = "window_due" if isinstance(event, TimerDue) else kind_of(event)
    draft = Draft(value=_absorbed(rollout, stamped), stamped=stamped)
    edge = ROLLOUT_TABLE.fire(draft, rollout.state, trigger)
    if edge is None:
        reason = next(iter(draft.refusals), _STANDS[rollout.state])
        return RolloutStep(rollout=rollout, verdict=Verdict.REFUSAL, reason=reason)
    verdict = Verdict.INTERNAL if edge.dest is None else Verdict.TRANSITION
    return RolloutStep(rollout=draft.value, effects=tuple(draft.effects), verdict=verdict, edge=edge.name)


def label(rollout: Rollout) -> str:
    """Return a roll-out in one sentence for pages and consoles."""
    counts = Counter(each.place for each in rollout.servers)
    parts = [f"{counts[place]} {place.replace('_', ' ')}" for place in Place if counts[place]]
    words = _STANDS[rollout.state]
    why = f" ({rollout.reason})" if rollout.reason else ""
    return f"{words[0].upper()}{words[1:]}{why}: {', '.join(parts) or 'no server'}."
