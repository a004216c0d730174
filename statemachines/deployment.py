# SPDX-License-Identifier: Apache-2.0
"""One step of a deployment: an event in, a new value, effects and a verdict out. Pure, synchronous, total.

Invariant: it ends with the server as it was before or with the new release, proven; or in `failed`, with the
reasons and the halls still held. The table is `deployment_table.py`.
"""

from statemachines.deployment_absorb import absorbed, ignored
from statemachines.deployment_table import DEPLOYMENT_TABLE
from statemachines.deployment_value import Deployment
from statemachines.deployment_words import not_here
from statemachines.effects import Effect
from statemachines.events import Event, Stamped, TimerDue, kind_of
from statemachines.table import Draft
from statemachines.values import Value
from statemachines.words import Verdict


class DeploymentStep(Value, frozen=True, kw_only=True):
    """What a step made of an event. Only a refusal has a `reason`, and it leaves the deployment as it was."""

    deployment: Deployment
    effects: tuple[Effect, ...] = ()
    verdict: Verdict
    edge: str = ""
    reason: str = ""


def trigger_of(event: Event) -> str:
    """Return the trigger that an event fires."""
    return f"{event.name.rpartition(':')[2]}_due" if isinstance(event, TimerDue) else kind_of(event)


def step(deployment: Deployment, stamped: Stamped) -> DeploymentStep:
    """Let one event happen to a deployment. Total: each is a transition, an internal reaction or a refusal."""
    reason = ignored(deployment, stamped)
    if reason:
        return DeploymentStep(deployment=deployment, verdict=Verdict.REFUSAL, reason=reason)
    trigger = trigger_of(stamped.event)
    draft = Draft(value=absorbed(deployment, stamped.event, stamped.at_ns), stamped=stamped)
    edge = DEPLOYMENT_TABLE.fire(draft, deployment.state, trigger)
    if edge is None:
        reason = next(iter(draft.refusals), not_here(deployment, trigger))
        return DeploymentStep(deployment=deployment, verdict=Verdict.REFUSAL, reason=reason)
    verdict = Verdict.INTERNAL if edge.dest is None else Verdict.TRANSITION
    return DeploymentStep(deployment=draft.value, effects=tuple(draft.effects), verdict=verdict, edge=edge.name)
