# SPDX-License-Identifier: Apache-2.0
"""What can be asked of a roll-out or a deployment now, and how far on its way a server is. The machines themselves say.

`can` is the machine's own answer; where it says no, `reason` is its refusal.
"""

from statemachines import deployment, rollout
from statemachines.deployment_events import AbortAsked, PauseAsked, ReleaseAsked, ResumeAsked
from statemachines.deployment_facts import Step
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.events import Source, Stamped
from statemachines.rollout_events import RolloutAbortAsked, RolloutPauseAsked, RolloutResumeAsked
from statemachines.rollout_value import Rollout
from statemachines.values import Value
from statemachines.words import Verdict


class Choice(Value, frozen=True, kw_only=True):
    """Something that may be asked for."""

    verb: str
    can: bool
    reason: str = ""


_OF_ROLLOUT = {"pause": RolloutPauseAsked, "resume": RolloutResumeAsked, "abort": RolloutAbortAsked}
_OF_DEPLOYMENT = {"pause": PauseAsked, "resume": ResumeAsked, "abort": AbortAsked, "release": ReleaseAsked}
_BEGIN = "it was begun before"


def rollout_choices(value: Rollout | None, at_ns: int) -> tuple[Choice, ...]:
    """Return what can be asked of a roll-out; None is one that was planned and not begun."""
    if value is None:
        never = rollout.step(Rollout(id=""), Stamped(at_ns=at_ns, event=RolloutPauseAsked(rollout="")))
        return (
            Choice(verb="begin", can=True),
            *(Choice(verb=verb, can=False, reason=never.reason) for verb in _OF_ROLLOUT),
        )
    found = [Choice(verb="begin", can=False, reason=_BEGIN)]
    for verb, event in _OF_ROLLOUT.items():
        asked = Stamped(at_ns=max(at_ns, value.at_ns), event=event(rollout=value.id), source=Source.OPERATOR)
        made = rollout.step(value, asked)
        found.append(Choice(verb=verb, can=made.verdict is not Verdict.REFUSAL, reason=made.reason))
    return tuple(found)


def deployment_choices(value: Deployment, at_ns: int) -> tuple[Choice, ...]:
    """Return what can be asked of a deployment."""
    found = []
    for verb, event in _OF_DEPLOYMENT.items():
        asked = Stamped(at_ns=max(at_ns, value.at_ns), event=event(deployment=value.id), source=Source.OPERATOR)
        made = deployment.step(value, asked)
        found.append(Choice(verb=verb, can=made.verdict is not Verdict.REFUSAL, reason=made.reason))
    return tuple(found)


_AT_STATE = {
    DeploymentState.PENDING: 0,
    DeploymentState.PREFLIGHT: 10,
    DeploymentState.STAGED: 40,
    DeploymentState.INSTALLED: 50,
    DeploymentState.PROBING: 75,
    DeploymentState.COMMITTED: 100,
    DeploymentState.ROLLING_BACK: 50,
    DeploymentState.ROLLED_BACK: 0,
    DeploymentState.FAILED: 50,
}
_AT_STEP = {Step.STAGE: 20, Step.LOAD: 65, Step.COMMIT: 90}


def progress(value: Deployment) -> int:
    """Return how much of the way from what a server had to the release is done, in percent. What goes back is less."""
    here = _AT_STATE[value.state]
    on_its_way = _AT_STEP.get(value.doing, here) if value.doing is not None else here
    return here if value.state is DeploymentState.ROLLING_BACK else max(here, on_its_way)
