# SPDX-License-Identifier: Apache-2.0
"""Facts about one roll-out, and what its steps ask of the runtime."""

from statemachines.deployment_facts import Release
from statemachines.effects import Effect
from statemachines.events import Event, TimerDue
from statemachines.rollout_value import Place, Plan


class RolloutEvent(Event, frozen=True, kw_only=True):
    """The base of what happens to a roll-out."""

    rollout: str


class RolloutAsked(RolloutEvent, frozen=True, kw_only=True, tag="rollout_asked"):
    """Somebody ordered it."""

    plan: Plan


class DeploymentEnded(RolloutEvent, frozen=True, kw_only=True, tag="deployment_ended"):
    """A server's deployment came to `place`: committed, rolled_back or failed. A failed one may end again."""

    server: str
    attempt: int
    place: Place
    reason: str = ""


class RolloutPauseAsked(RolloutEvent, frozen=True, kw_only=True, tag="rollout_pause_asked"):
    """Begin no more servers for now."""

    actor: str = ""


class RolloutResumeAsked(RolloutEvent, frozen=True, kw_only=True, tag="rollout_resume_asked"):
    """Go on; servers that were rolled back are tried again."""

    actor: str = ""


class RolloutAbortAsked(RolloutEvent, frozen=True, kw_only=True, tag="rollout_abort_asked"):
    """Begin no more servers; those being worked on go back to what they had. Committed ones stay."""

    actor: str = ""


class RolloutRecovered(RolloutEvent, frozen=True, kw_only=True, tag="rollout_recovered"):
    """The runtime started again: no timer is armed, and what was asked last may not have been done."""


ROLLOUT_EVENT_CLASSES: dict[str, type[Event]] = {
    str(each.__struct_config__.tag): each
    for each in (
        RolloutAsked,
        DeploymentEnded,
        RolloutPauseAsked,
        RolloutResumeAsked,
        RolloutAbortAsked,
        RolloutRecovered,
        TimerDue,
    )
}
"""What rows of a roll-out may hold."""


class BeginDeployment(Effect, frozen=True, kw_only=True, tag="begin_deployment"):
    """Ask for this deployment, unless it was begun before; the end is told by `deployment_ended`."""

    deployment: str
    server: str
    attempt: int
    halls: tuple[str, ...]
    release: Release


class PauseDeployment(Effect, frozen=True, kw_only=True, tag="pause_deployment"):
    """Ask it to pause. One that already replaces its module refuses, and goes on to its end."""

    deployment: str


class ResumeDeployment(Effect, frozen=True, kw_only=True, tag="resume_deployment"):
    """Ask it to go on, where it is paused."""

    deployment: str


class AbortDeployment(Effect, frozen=True, kw_only=True, tag="abort_deployment"):
    """Ask it to leave its server as it was."""

    deployment: str
