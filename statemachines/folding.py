# SPDX-License-Identifier: Apache-2.0
"""Which machine a row's subject belongs to: its value at the start, the events that it knows, and its step."""

from collections.abc import Mapping
from typing import NamedTuple

from statemachines import deployment, machine, rollout, session
from statemachines.deployment_events import DEPLOYMENT_EVENT_CLASSES
from statemachines.deployment_value import Deployment
from statemachines.effects import Effect
from statemachines.events import EVENT_CLASSES, Event, Stamped
from statemachines.hall import Hall, new_hall
from statemachines.history import DEPLOYMENT, HALL, ROLLOUT, SESSION
from statemachines.rollout_events import ROLLOUT_EVENT_CLASSES
from statemachines.rollout_value import Rollout
from statemachines.session_events import SESSION_EVENT_CLASSES
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.words import Role, Verdict

Machine = Hall | ControlSession | Deployment | Rollout


class Made(NamedTuple):
    """What a step made of an event, whichever machine's it was."""

    value: Machine
    effects: tuple[Effect, ...]
    verdict: Verdict
    edge: str
    reason: str


def beginning(stream: str, subject: str) -> Machine | None:
    """Return the value with which a subject begins; None where its rows are of no machine."""
    if subject == HALL:
        return new_hall(stream, Settings())
    if subject.startswith(SESSION):
        return ControlSession(role=Role(subject.removeprefix(SESSION)))
    if subject.startswith(DEPLOYMENT):
        return Deployment(id=subject.removeprefix(DEPLOYMENT))
    if subject == ROLLOUT:
        return Rollout(id=stream.removeprefix(f"{ROLLOUT}:"))
    return None


def events_of(subject: str) -> Mapping[str, type[Event]]:
    """Return the events that rows of a subject may hold, by kind."""
    if subject.startswith(SESSION):
        return SESSION_EVENT_CLASSES
    if subject.startswith(DEPLOYMENT):
        return DEPLOYMENT_EVENT_CLASSES
    return ROLLOUT_EVENT_CLASSES if subject == ROLLOUT else EVENT_CLASSES


def stepped(value: Machine, stamped: Stamped) -> Made:
    """Let an event happen to a value of any machine."""
    match value:
        case Hall():
            hall = machine.step(value, stamped)
            return Made(hall.hall, hall.effects, hall.verdict, hall.edge, hall.reason)
        case ControlSession():
            link = session.step(value, stamped)
            return Made(link.session, link.effects, link.verdict, link.edge, link.reason)
        case Deployment():
            made = deployment.step(value, stamped)
            return Made(made.deployment, made.effects, made.verdict, made.edge, made.reason)
        case Rollout():
            plan = rollout.step(value, stamped)
            return Made(plan.rollout, plan.effects, plan.verdict, plan.edge, plan.reason)
