# SPDX-License-Identifier: Apache-2.0
"""A roll-out that is told what happens: its timer, its deployments, and whom it works on."""

from statemachines import rollout_events as re
from statemachines.effects import ArmTimer, CancelTimer, Effect
from statemachines.events import Event, Stamped, TimerDue
from statemachines.rollout import RolloutStep, step
from statemachines.rollout_value import Place, Plan, Rollout, RolloutState, Target
from tests.support.kept import keeps
from tests.support.model_server import RELEASE

WAITING, RUNNING, PAUSED, HALTED, ABORTING, DONE, ABORTED = RolloutState
MINUTE = 60_000_000_000
HOUR = 60 * MINUTE


def targets(count: int) -> tuple[Target, ...]:
    return tuple(Target(server=f"s{n}", halls=(f"h{n}",)) for n in range(count))


class Story:
    """A roll-out, its timer, and the deployments that it asked for. Servers end as they are told to."""

    def __init__(self, count: int = 4, **plan: object) -> None:
        fields: dict[str, object] = {"targets": targets(count), "batch": 2, **plan}
        self.plan = Plan(release=RELEASE, **fields)  # type: ignore[arg-type]
        self.rollout = Rollout(id="r1")
        self.now = 0
        self.timer = 0
        self.deployments: dict[str, str] = {}
        self.begun: list[re.BeginDeployment] = []
        self.most = 0

    def tell(self, event: Event) -> RolloutStep:
        told = step(self.rollout, Stamped(at_ns=self.now, event=event))
        assert keeps(told.rollout)
        self.rollout = told.rollout
        for effect in told.effects:
            self._take(effect)
        self.most = max(self.most, len(self.rollout.working))
        return told

    def _take(self, effect: Effect) -> None:
        match effect:
            case ArmTimer(at_ns=at_ns):
                self.timer = at_ns
            case CancelTimer():
                self.timer = 0
            case re.BeginDeployment() as begin:
                if begin.deployment not in self.deployments:
                    self.begun.append(begin)
                    self.deployments[begin.deployment] = "begun"
            case re.PauseDeployment(deployment=name):
                self.deployments[name] = "paused"
            case re.ResumeDeployment(deployment=name):
                self.deployments[name] = "begun"
            case re.AbortDeployment(deployment=name):
                self.deployments[name] = "aborted"
            case _:
                raise AssertionError(effect)

    def ask(self) -> "Story":
        self.tell(re.RolloutAsked(rollout="r1", plan=self.plan))
        return self

    def end(self, server: str, place: Place = Place.COMMITTED, reason: str = "") -> RolloutStep:
        attempt = next(each.attempt for each in self.rollout.servers if each.target.server == server)
        return self.tell(re.DeploymentEnded(rollout="r1", server=server, attempt=attempt, place=place, reason=reason))

    def due(self) -> RolloutStep:
        self.now, self.timer = self.timer, 0
        return self.tell(TimerDue(name="rollout:r1:window"))

    def working(self) -> list[str]:
        return [each.target.server for each in self.rollout.working]

    def resume(self) -> RolloutStep:
        return self.tell(re.RolloutResumeAsked(rollout="r1", actor="ada"))

    def pause(self) -> RolloutStep:
        return self.tell(re.RolloutPauseAsked(rollout="r1", actor="ada"))

    def abort(self) -> RolloutStep:
        return self.tell(re.RolloutAbortAsked(rollout="r1", actor="ada"))
