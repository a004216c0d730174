# SPDX-License-Identifier: Apache-2.0
"""Facts about one deployment. The log keeps them in the stream `server:ID` under the subject `deploy:ID`.

`number` is that of the step that is answered: what comes of an earlier one is refused, and changes nothing.
"""

from typing import ClassVar

from statemachines.deployment_facts import Check, Findings, HallSight, Order, Step
from statemachines.events import Event, TimerDue


class DeploymentEvent(Event, frozen=True, kw_only=True):
    """The base of what happens to a deployment."""

    deployment: str


class DeploymentAsked(DeploymentEvent, frozen=True, kw_only=True, tag="deployment_asked"):
    """Somebody, or a roll-out, ordered it."""

    order: Order


class HallSeen(DeploymentEvent, frozen=True, kw_only=True, tag="hall_seen"):
    """A hall of the server stands so now: told of each when asked, when recovered, and at each change."""

    sight: HallSight


class StepEvent(DeploymentEvent, frozen=True, kw_only=True):
    """The base of what comes of a step."""

    number: int


class StepDone(StepEvent, frozen=True, kw_only=True):
    """The base of answers: the server has done `step`, or had done it before."""

    step: ClassVar[Step]


class ServerInspected(StepDone, frozen=True, kw_only=True, tag="server_inspected"):
    """The server was read. `artefact` says what the controller found wrong with the file itself, as sentences

    (tampered with, unsigned, signed by somebody unknown); `kernel_log` is the end of the server's own.
    """

    step: ClassVar[Step] = Step.INSPECT
    found: Findings
    artefact: tuple[str, ...] = ()
    kernel_log: str = ""


class ReleaseStaged(StepDone, frozen=True, kw_only=True, tag="release_staged"):
    """The release lies on the server, its sha256 and signature verified there."""

    step: ClassVar[Step] = Step.STAGE


class ReleaseInstalled(StepDone, frozen=True, kw_only=True, tag="release_installed"):
    """It can be loaded from its own place, and the previous module is kept; the server starts with that one."""

    step: ClassVar[Step] = Step.INSTALL


class ModuleUnloaded(StepDone, frozen=True, kw_only=True, tag="module_unloaded"):
    """No module of ours is loaded."""

    step: ClassVar[Step] = Step.UNLOAD


class ModuleLoaded(StepDone, frozen=True, kw_only=True, tag="module_loaded"):
    """The new module is loaded; `epochs` are those of its devices."""

    step: ClassVar[Step] = Step.LOAD
    epochs: tuple[int, ...]


class ReleaseCommitted(StepDone, frozen=True, kw_only=True, tag="release_committed"):
    """The server starts with the new module from now on; the previous one is kept."""

    step: ClassVar[Step] = Step.COMMIT


class ServerRolledBack(StepDone, frozen=True, kw_only=True, tag="server_rolled_back"):
    """The server says that it runs, and starts with, the previous module."""

    step: ClassVar[Step] = Step.ROLLBACK


class CheckAnswered(StepEvent, frozen=True, kw_only=True, tag="check_answered"):
    """A check of the new module ended. `abi` is what its `abi_version` reads; `words` say what is wrong."""

    check: Check
    passed: bool = True
    abi: int = 0
    words: str = ""


class HeartbeatHeard(DeploymentEvent, frozen=True, kw_only=True, tag="heartbeat_heard"):
    """A device of that epoch was heard through the watch link. Told only while a probe is on its way."""

    epoch: int


class StepRefused(StepEvent, frozen=True, kw_only=True, tag="step_refused"):
    """The server answered that it does not, or could not, do the step. `words` are its reason."""

    words: str
    kernel_log: str = ""


class ConnectionLost(StepEvent, frozen=True, kw_only=True, tag="connection_lost"):
    """The session of the step ended without an answer, or could not be opened: whether it was done is not known."""

    words: str


class PauseAsked(DeploymentEvent, frozen=True, kw_only=True, tag="pause_asked"):
    """Not now: a server that is untouched waits, its halls free."""

    actor: str = ""


class ResumeAsked(DeploymentEvent, frozen=True, kw_only=True, tag="resume_asked"):
    """Go on; after a failure: try again to bring the server back."""

    actor: str = ""


class AbortAsked(DeploymentEvent, frozen=True, kw_only=True, tag="abort_asked"):
    """Leave the server as it was before."""

    actor: str = ""


class ReleaseAsked(DeploymentEvent, frozen=True, kw_only=True, tag="release_asked"):
    """Let its halls go: a person has looked at a server that cannot be brought back from here."""

    actor: str = ""


class ControllerRecovered(DeploymentEvent, frozen=True, kw_only=True, tag="controller_recovered"):
    """The runtime started again: no step is on its way, no timer is armed. Every hall is told anew after it."""


DEPLOYMENT_EVENT_CLASSES: dict[str, type[Event]] = {
    str(each.__struct_config__.tag): each
    for each in (
        DeploymentAsked,
        HallSeen,
        ServerInspected,
        ReleaseStaged,
        ReleaseInstalled,
        ModuleUnloaded,
        ModuleLoaded,
        ReleaseCommitted,
        ServerRolledBack,
        CheckAnswered,
        HeartbeatHeard,
        StepRefused,
        ConnectionLost,
        PauseAsked,
        ResumeAsked,
        AbortAsked,
        ReleaseAsked,
        ControllerRecovered,
        TimerDue,
    )
}
"""What rows of a deployment may hold: `events.event_from(kind, payload, DEPLOYMENT_EVENT_CLASSES)` reads it."""
