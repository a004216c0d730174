# SPDX-License-Identifier: Apache-2.0
"""Releases, roll-outs and deployments: as they are, as they are asked for. Sentences are those of the machines."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from statemachines.deployment_facts import Check, Step
from statemachines.deployment_value import DeploymentState
from statemachines.rollout_value import Place
from web.api.shapes.base import Shape

ReleaseSum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="sha256 of its manifest")]
RolloutId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$", description="a roll-out's id")]
DeploymentId = Annotated[
    str, Field(pattern=r"^[a-z0-9]{1,16}\.[a-z0-9]{1,16}\.[0-9]{1,6}$", description="ROLLOUT.SERVER.ATTEMPT")
]
_SHA = "5f2b9a31c07e4d8896ab1f03d2c4e57788990a1b2c3d4e5f60718293a4b5c6d7"


class RolloutStage(StrEnum):
    """The roll-out machine's states, and before it was begun `planned`."""

    PLANNED = "planned"
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    ABORTING = "aborting"
    DONE = "done"
    ABORTED = "aborted"


class ReleaseView(Shape):
    """A release: a kernel module, and what goes with it. Its name everywhere is `sha256`."""

    sha256: str = Field(examples=[_SHA])
    id: str = Field(examples=["reelctl-2"])
    kernel: str = Field(examples=["6.1.0-32-amd64"])
    vermagic: str = Field(examples=["6.1.0-32-amd64 SMP preempt mod_unload modversions"])
    abi_min: int = Field(examples=[1])
    abi_max: int = Field(examples=[2])
    kernel_signed: bool = Field(description="it carries a signature for kernels that enforce one")
    needs: list[str] = Field(description="modules that must be loaded before it")
    size: int = Field(description="bytes of all its files", examples=[103_904])
    built_by: str = Field(examples=["anna"])
    commit: str = Field(examples=["0123abcd"])
    notes: str = Field(examples=["Quieter motor."])
    signer: str = Field(description="who signed it, as it was found", examples=["anna"])
    made_by: str = Field(description="who put it here", examples=["anna"])
    made_ms: int
    withdrawn_ms: int | None


class ReleaseFileView(Shape):
    """A file of a release."""

    name: str = Field(examples=["reelctl.ko"])
    sha256: str = Field(examples=[_SHA])
    size: int = Field(examples=[103_904])


class ReleaseDetail(ReleaseView):
    """A release with its files, which were read and hashed anew for this answer."""

    files: list[ReleaseFileView]
    wrong: list[str] = Field(
        description="all that is wrong with it on the shelf; empty when it is good",
        examples=[["It was changed after it was signed: reelctl.ko is not what the manifest says."]],
    )


class Releases(Shape):
    """Releases, newest first."""

    releases: list[ReleaseView]


class ChoiceView(Shape):
    """Something that may be asked for, and if not, why."""

    verb: str = Field(examples=["pause"])
    can: bool
    reason: str = Field(examples=["The roll-out is paused."])


class WindowShape(Schema):
    """The hours in which servers are begun: minutes of the day. Equal ends are the whole day."""

    opens_min: int = Field(default=0, ge=0, lt=1440, examples=[60])
    closes_min: int = Field(default=0, ge=0, lt=1440, examples=[360])
    offset_s: int | None = Field(
        default=None, gt=-86_400, lt=86_400, description="seconds east of UTC; left out: those of the site now"
    )


class DeploymentLine(Shape):
    """A deployment in short."""

    id: str = Field(examples=["r1.booth1.1"])
    state: DeploymentState
    words: str = Field(examples=["The new module is being probed."])
    progress: int = Field(description="percent of the way to the release; less again when it goes back", examples=[75])
    doing: Step | None = Field(description="the step that is on its way")
    paused: bool
    since_ms: int
    at_ms: int


class RolloutServer(Shape):
    """A server's place in a roll-out. `reason` is why its last deployment ended so."""

    server: str = Field(examples=["booth1"])
    halls: list[str] = Field(examples=[["h1"]])
    wave: int = Field(description="0 are the canaries", examples=[0])
    place: Place
    attempt: int
    reason: str
    excused: bool = Field(description="it failed, and who resumed the roll-out knew it")
    deployment: DeploymentLine | None


class RolloutLine(Shape):
    """A roll-out in short. `counts` are its servers by place."""

    id: str = Field(examples=["r1"])
    release: str = Field(description="the release's id", examples=["reelctl-2"])
    sha256: str = Field(examples=[_SHA])
    state: RolloutStage
    words: str = Field(examples=["The roll-out runs: 2 waiting, 1 working."])
    counts: dict[Place, int]
    made_by: str = Field(examples=["anna"])
    made_ms: int


class Rollouts(Shape):
    """Roll-outs, newest first."""

    rollouts: list[RolloutLine]


class RolloutView(RolloutLine):
    """A roll-out, whole."""

    canaries: int
    batch: int
    failures_allowed: int
    window: WindowShape
    hours: str = Field(description="the window in words", examples=["01:00 to 06:00"])
    reason: str = Field(description="why it is paused, halted or aborted")
    servers: list[RolloutServer]
    can: list[ChoiceView]


class NewRollout(Schema):
    """A roll-out to plan. Without servers: all that serve a hall, in the order of the halls."""

    release: ReleaseSum = Field(examples=[_SHA])
    servers: list[Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]] = Field(default=[], max_length=1000)
    canaries: int = Field(default=1, ge=0, le=1000)
    batch: int = Field(default=10, ge=1, le=1000)
    failures_allowed: int = Field(default=0, ge=0, le=1000)
    window: WindowShape | None = None


class ForecastLine(Shape):
    """What would become of a server."""

    server: str = Field(examples=["booth1"])
    wave: int
    does: bool = Field(description="it would get the release")
    words: str = Field(examples=["from 3c0a51b2d9ef to 5f2b9a31c07e (reelctl-2)"])


class ForecastView(Shape):
    """A dry run: nothing was touched by it."""

    rollout: str = Field(examples=["r1"])
    at_ms: int
    request: UUID | None = Field(description="who asked for it")
    servers: list[ForecastLine]


class CheckView(Shape):
    """How a check of the new module ended."""

    check: Check
    passed: bool
    words: str


class StepView(Shape):
    """A row of a deployment's log in a line."""

    log_seq: int = Field(description="its number within the server's stream")
    at_ms: int
    words: str = Field(examples=["the self-test failed: tacho (probing → rolling back)"])
    verdict: str = Field(examples=["transition"])
    before: str = Field(examples=["probing"])
    after: str = Field(examples=["rolling_back"])
    asked: list[Step] = Field(description="steps that the server was asked for in consequence")


class KernelLogView(Shape):
    """The end of the server's kernel log when that row came: text as the server said it."""

    log_seq: int
    at_ms: int
    words: str = Field(examples=["the server runs 3c0a51b2d9ef and starts with 3c0a51b2d9ef"])
    text: str


class DeploymentView(DeploymentLine):
    """One release on its way to one server, whole. `kernel_logs` are before anything was touched, and the newest."""

    rollout: str = Field(examples=["r1"])
    server: str = Field(examples=["booth1"])
    halls: list[str]
    release: str = Field(examples=["reelctl-2"])
    sha256: str = Field(examples=[_SHA])
    previous: str = Field(description="sha256 of what the server booted before; empty: no module, or not known yet")
    reason: str = Field(description="why the release is not there")
    rollback_reason: str = Field(description="why the server could not be brought back")
    holding: bool = Field(description="its halls refuse film for it")
    attempts: int = Field(description="how often in a row the server was lost")
    results: list[CheckView]
    steps: list[StepView]
    kernel_logs: list[KernelLogView]
    can: list[ChoiceView]


class ActionAsked(Schema):
    """A request that is sent twice with one `id` of its own is one request."""

    id: UUID | None = None
