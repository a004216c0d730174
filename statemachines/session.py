# SPDX-License-Identifier: Apache-2.0
"""The session machine: how one control session of a hall is opened, kept, given new keys, and closed.

Invariant: what is open follows from the hall's wish and from these edges alone; the owner in the runtime only
carries out effects and comes back with events.
"""

from statemachines import session_actions as do
from statemachines.effects import Effect
from statemachines.events import ClockStepped, Event, Stamped, TimerDue, kind_of
from statemachines.session_events import SessionEvent
from statemachines.session_value import ControlSession, SessionState
from statemachines.table import Action, Draft, Edge, Guard, Table
from statemachines.values import Value
from statemachines.words import Role, Verdict

_DOWN, _CONNECTING, _UP, _ROTATING, _DRAINING, _BACKING_OFF, _REFUSED = SessionState
_OPEN = (_UP, _ROTATING)
_WAITING = (_BACKING_OFF, _REFUSED)

_Actions = tuple[Action[ControlSession], ...]
_Guards = tuple[Guard[ControlSession], ...]


def _edge(
    trigger: str,
    source: SessionState,
    dest: SessionState | None,
    actions: _Actions = (),
    guards: _Guards = (),
) -> Edge[ControlSession]:
    return Edge(trigger=trigger, source=source, dest=dest, guards=guards, actions=actions)


_LOST: _Actions = (do.forget_link, do.tell_lost, do.calm_if_lasting, do.remember)
_AGAIN: _Actions = (do.tell_failed, do.remember, do.back_off)
_NOT_SOON: _Actions = (do.tell_failed, do.alarm_refused, do.remember, do.retry_late)
_EXPIRED: _Actions = (do.forget_link, do.tell_expired, do.alarm_expired, do.close_link)
_LEFT: _Actions = (do.forget_link, do.tell_lost, do.close_link)

EDGES: tuple[Edge[ControlSession], ...] = (
    *(_edge("session_begun", state, _DOWN, (do.begin,)) for state in SessionState),
    # The hall's wish.
    _edge("session_wanted", _DOWN, _CONNECTING, (do.want, do.open_link)),
    *(_edge("session_wanted", state, None, (do.want, do.cancel_close), (do.unwanted,)) for state in _OPEN),
    _edge("session_wanted", _DRAINING, None, (do.want,), (do.unwanted,)),
    *(_edge("session_unwanted", state, None, (do.unwant, do.arm_close), (do.wanted,)) for state in _OPEN),
    _edge("session_unwanted", _CONNECTING, _DRAINING, (do.unwant, do.close_link)),
    _edge("session_unwanted", _DRAINING, None, (do.unwant,), (do.wanted,)),
    *(_edge("session_unwanted", state, _DOWN, (do.unwant, do.cancel_retry)) for state in _WAITING),
    # Opening.
    _edge("link_opened", _CONNECTING, _UP, (do.adopt,), (do.newest,)),
    _edge("link_failed", _CONNECTING, _BACKING_OFF, _AGAIN, (do.newest,)),
    _edge("hello_refused", _CONNECTING, _BACKING_OFF, _AGAIN, (do.newest, do.our_version)),
    _edge("hello_refused", _CONNECTING, _REFUSED, _NOT_SOON, (do.newest,)),
    _edge("credential_refused", _CONNECTING, _REFUSED, _NOT_SOON, (do.newest,)),
    _edge("host_key_refused", _CONNECTING, _REFUSED, _NOT_SOON, (do.newest,)),
    *(_edge("retry_due", state, _CONNECTING, (do.open_link,)) for state in _WAITING),
    *(_edge("rotation_asked", state, _CONNECTING, (do.cancel_retry, do.open_link)) for state in _WAITING),
    _edge("server_returned", _BACKING_OFF, _CONNECTING, (do.cancel_retry, do.open_link)),
    # New keys. Whatever goes wrong before the switch leaves the first link in use.
    _edge("rotate_due", _UP, _ROTATING, (do.rotate_link,)),
    _edge("rotation_asked", _UP, _ROTATING, (do.rotate_link,)),
    _edge("link_rotated", _ROTATING, _UP, (do.adopt, do.calm), (do.newest,)),
    _edge("rotation_failed", _ROTATING, _UP, (do.remember, do.rotate_later), (do.newest,)),
    _edge("credential_refused", _ROTATING, _UP, (do.remember, do.rotate_late), (do.newest,)),
    _edge("host_key_refused", _ROTATING, _UP, (do.remember, do.rotate_late), (do.newest,)),
    # The wall clock was set: sshd and we may not agree any more on what a certificate's times mean. The timers
    # run by the monotonic clock, and so does a key's life.
    _edge("clock_stepped", _UP, _ROTATING, (do.rotate_link,)),
    _edge("clock_stepped", _ROTATING, None, (do.note_step,)),
    _edge("clock_stepped", _CONNECTING, None, (do.note_step,)),
    _edge("clock_stepped", _REFUSED, _CONNECTING, (do.cancel_retry, do.open_link)),
    # The end of a link: by itself, by its certificate, by our wish.
    *(_edge("link_lost", state, _BACKING_OFF, (*_LOST, do.back_off), (do.in_use, do.wanted)) for state in _OPEN),
    *(_edge("link_lost", state, _DOWN, _LOST, (do.in_use,)) for state in _OPEN),
    *(_edge("expire_due", state, _DRAINING, _EXPIRED, (do.ended,)) for state in _OPEN),
    *(_edge("close_due", state, _DRAINING, _LEFT, (do.unwanted,)) for state in _OPEN),
    _edge("links_drained", _DRAINING, _CONNECTING, (do.cancel_drain, do.open_link), (do.wanted,)),
    _edge("links_drained", _DRAINING, _DOWN, (do.cancel_drain,)),
    _edge("drain_due", _DRAINING, _CONNECTING, (do.open_link,), (do.wanted,)),
    _edge("drain_due", _DRAINING, _DOWN),
)

SESSION_TABLE = Table(SessionState, EDGES)

_NOTHING_TO_DO = {
    _DOWN: "the session is not open",
    _CONNECTING: "the session is being opened",
    _UP: "the session is up",
    _ROTATING: "the session is changing its key",
    _DRAINING: "the session is being closed",
    _BACKING_OFF: "the session waits for its next attempt",
    _REFUSED: "the last attempt was refused, and the next one waits",
}


class SessionStep(Value, frozen=True, kw_only=True):
    """What a step made of an event. Only a refusal has a `reason`, and it leaves the session as it was."""

    session: ControlSession
    effects: tuple[Effect, ...] = ()
    verdict: Verdict
    edge: str = ""
    reason: str = ""


def addressee(event: Event) -> Role | None:
    """Return the role whose session alone an event is for; None when it is the hall's, or everybody's."""
    if isinstance(event, SessionEvent):
        return event.role
    if isinstance(event, TimerDue):
        subject, _, rest = event.name.partition(":")
        role = rest.partition(":")[0]
        if subject == "session" and role in set(Role):
            return Role(role)
    return None


def trigger_of(event: Event, role: Role) -> str:
    """Return the trigger that an event is for the session of `role`; empty when it is none."""
    if isinstance(event, ClockStepped):
        return kind_of(event)
    if addressee(event) is not role:
        return ""
    if isinstance(event, TimerDue):
        return f"{event.name.rpartition(':')[2]}_due"
    return kind_of(event)


def step(session: ControlSession, stamped: Stamped) -> SessionStep:
    """Let one event happen to a session. Total: each is a transition, an internal reaction or a refusal."""
    trigger = trigger_of(stamped.event, session.role)
    if not trigger:
        reason = f"{kind_of(stamped.event)} is no affair of the {session.role} session"
        return SessionStep(session=session, verdict=Verdict.REFUSAL, reason=reason)
    draft = Draft(value=session, stamped=stamped)
    draft.change(at_ns=stamped.at_ns)
    edge = SESSION_TABLE.fire(draft, session.state, trigger)
    if edge is None:
        reason = next(iter(draft.refusals), _NOTHING_TO_DO[session.state])
        return SessionStep(session=session, verdict=Verdict.REFUSAL, reason=f"{trigger}: {reason}")
    verdict = Verdict.INTERNAL if edge.dest is None else Verdict.TRANSITION
    return SessionStep(session=draft.value, effects=tuple(draft.effects), verdict=verdict, edge=edge.name)
