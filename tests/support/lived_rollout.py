# SPDX-License-Identifier: Apache-2.0
"""A roll-out as the log has it: the machines are stepped with what model servers answer, and each step is a row."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines import rollout_events as re
from statemachines.deployment_facts import HallSight, Order
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.effects import ArmTimer, CancelTimer, Effect
from statemachines.events import Event, Source, Stamped, TimerDue
from statemachines.folding import Made, beginning, stepped
from statemachines.history import DEPLOYMENT, ROLLOUT, SERVER, mark_of, row_of
from statemachines.record import Record
from statemachines.rollout_forecast import Forecast, Known, forecast
from statemachines.rollout_value import Place, Plan, Rollout, Target
from statemachines.values import canonical
from statemachines.words import State, Verdict
from tests.support.model_server import RELEASE, ModelServer

if TYPE_CHECKING:
    from adapters.store.writer import LogWriter

S = 1_000_000_000
ENDS = {
    DeploymentState.COMMITTED: Place.COMMITTED,
    DeploymentState.ROLLED_BACK: Place.ROLLED_BACK,
    DeploymentState.FAILED: Place.FAILED,
}


class LivedRollout:
    """`servers` by name, each with the halls that it serves. Time is a second a step, from an hour ago on."""

    def __init__(
        self,
        log: "LogWriter",
        servers: Mapping[str, Sequence[str]],
        *,
        rollout: str = "r1",
        canaries: int = 1,
        batch: int = 10,
        failures_allowed: int = 0,
    ) -> None:
        self._log, self.id = log, rollout
        self.servers = {name: ModelServer() for name in servers}
        targets = tuple(Target(server=name, halls=tuple(halls)) for name, halls in servers.items())
        self.plan = Plan(
            release=RELEASE, targets=targets, canaries=canaries, batch=batch, failures_allowed=failures_allowed
        )
        self.now_ns = time.time_ns() - 3600 * S
        self.halls = {
            hall: HallSight(hall=hall, state=State.IDLE, film=False) for halls in servers.values() for hall in halls
        }
        self.kernel_log = "[    1.000000] reelctl: 2 devices"
        self.rollout = Rollout(id=rollout)
        self.deployments: dict[str, Deployment] = {}
        self._timers: dict[str, int] = {}
        self._todo: deque[tuple[str, Effect]] = deque()

    # What is told to the roll-out.

    def begin(self, request: str = "") -> Made:
        return self.tell_rollout(re.RolloutAsked(rollout=self.id, plan=self.plan), request)

    def tell_rollout(self, event: Event, request: str = "") -> Made:
        made = self._step(f"{ROLLOUT}:{self.id}", ROLLOUT, self.rollout, event, request)
        assert isinstance(made.value, Rollout)
        self.rollout = made.value
        for effect in made.effects:
            match effect:
                case re.BeginDeployment():
                    order = Order(server=effect.server, halls=effect.halls, release=effect.release)
                    self.tell(effect.deployment, de.DeploymentAsked(deployment=effect.deployment, order=order))
                    for hall in effect.halls:
                        self.tell(effect.deployment, de.HallSeen(deployment=effect.deployment, sight=self.halls[hall]))
                case re.PauseDeployment():
                    self.tell(effect.deployment, de.PauseAsked(deployment=effect.deployment))
                case re.ResumeDeployment():
                    self.tell(effect.deployment, de.ResumeAsked(deployment=effect.deployment))
                case re.AbortDeployment():
                    self.tell(effect.deployment, de.AbortAsked(deployment=effect.deployment))
                case _:
                    pass
        return made

    def forecast(self, request: str = "", trouble: Mapping[str, str] | None = None) -> tuple[Forecast, ...]:
        """Write a dry run."""
        trouble = trouble or {}
        known = {
            name: Known(
                found=None if name in trouble else server.found,
                trouble=trouble.get(name, ""),
                sights=tuple(self.halls[hall] for hall in self._halls_of(name)),
            )
            for name, server in self.servers.items()
        }
        told = forecast(self.plan, known, at_ns=self.now_ns)
        servers = [{"server": each.server, "wave": each.wave, "does": each.does, "words": each.words} for each in told]
        row = Record(
            stream=f"{ROLLOUT}:{self.id}",
            log_seq=0,
            subject="forecast",
            at_ns=self.now_ns,
            kind="rollout_forecast",
            payload={"servers": servers},
            source="runtime",
            verdict=str(Verdict.INTERNAL),
            reason="nothing was touched",
            version="v" * 64,
            request=request,
        )
        self._log.append(row)
        return told

    # What is told to a deployment.

    def tell(self, deployment: str, event: Event, request: str = "") -> Made:
        before = self.deployments.get(deployment) or Deployment(id=deployment)
        server = deployment.split(".")[1]
        made = self._step(f"{SERVER}{server}", f"{DEPLOYMENT}{deployment}", before, event, request)
        assert isinstance(made.value, Deployment)
        self.deployments[deployment] = made.value
        for effect in made.effects:
            match effect:
                case ArmTimer():
                    self._timers[effect.name] = effect.at_ns
                case CancelTimer():
                    self._timers.pop(effect.name, None)
                case fx.HoldHalls() | fx.ReleaseHalls() | fx.ServerStep():
                    self._todo.append((deployment, effect))
                case _:
                    pass
        ended = ENDS.get(made.value.state)
        if ended is not None and before.state is not made.value.state:
            _rollout, _server, attempt = deployment.split(".")
            self.tell_rollout(
                re.DeploymentEnded(
                    rollout=self.id, server=server, attempt=int(attempt), place=ended, reason=made.value.reason
                )
            )
        return made

    def hall(self, hall: str, **fields: object) -> None:
        """A hall changes, and who works on its servers is told."""
        self.halls[hall] = replace(self.halls[hall], **fields)
        for each, value in list(self.deployments.items()):
            if hall in value.order.halls:
                self.tell(each, de.HallSeen(deployment=each, sight=self.halls[hall]))

    def work(self) -> bool:
        """Do what was asked for first, or let time pass to the next timer; False when neither is there."""
        if self._todo:
            deployment, effect = self._todo.popleft()
            number = getattr(effect, "number", None)
            if number is None or number == self.deployments[deployment].number:
                for event in self._outcome(deployment, effect):
                    self.tell(deployment, event)
            return True
        name = min(self._timers, key=lambda each: self._timers[each], default="")
        if not name or name.startswith(ROLLOUT):
            return False
        self.now_ns = max(self.now_ns, self._timers.pop(name))
        self.tell(name.split(":")[1], TimerDue(name=name))
        return True

    def run(self, *, until: tuple[str, DeploymentState] | None = None, most: int = 2_000) -> "LivedRollout":
        """Go on until nothing is left to be done, or a server's deployment comes to a state."""
        for _ in range(most):
            if until is not None and self.state_of(until[0]) is until[1]:
                break
            if not self.work():
                break
        return self

    def state_of(self, server: str) -> DeploymentState | None:
        """Return the state of a server's newest deployment."""
        found = [value.state for value in self.deployments.values() if value.order.server == server]
        return found[-1] if found else None

    def end(self) -> None:
        """Make all of it durable."""
        asyncio.run(self._log.flush())

    def _outcome(self, deployment: str, effect: Effect) -> list[Event]:
        match effect:
            case fx.HoldHalls():
                return self._hand(deployment, effect.halls, "", deployment)
            case fx.ReleaseHalls():
                return self._hand(deployment, effect.halls, deployment, "")
            case fx.ServerStep():
                return [self._with_log(deployment, each) for each in self.servers[effect.server].do(effect)]
            case _:
                raise AssertionError(effect)

    def _with_log(self, deployment: str, event: Event) -> Event:
        if isinstance(event, de.ServerInspected | de.StepRefused):
            return replace(
                event, kernel_log=f"{self.kernel_log}\n[  {event.number:3}.000000] reelctl: step {event.number}"
            )
        return event

    def _hand(self, deployment: str, halls: tuple[str, ...], before: str, after: str) -> list[Event]:
        for hall in halls:
            if self.halls[hall].holder == before:
                self.halls[hall] = replace(self.halls[hall], holder=after)
        return [de.HallSeen(deployment=deployment, sight=self.halls[hall]) for hall in halls]

    def _halls_of(self, server: str) -> tuple[str, ...]:
        return next(each.halls for each in self.plan.targets if each.server == server)

    def _step(self, stream: str, subject: str, before: Rollout | Deployment, event: Event, request: str) -> Made:
        self.now_ns += S
        assert type(beginning(stream, subject)) is type(before)
        stamped = Stamped(at_ns=self.now_ns, event=event, source=Source.OPERATOR if request else Source.RUNTIME)
        made = stepped(before, stamped)
        assert isinstance(made.value, Rollout | Deployment)
        row = row_of(
            stream=stream,
            subject=subject,
            stamped=stamped,
            before=mark_of(before),
            after=mark_of(made.value),
            effects=made.effects,
            edge=made.edge,
            verdict=made.verdict,
            reason=made.reason,
            version="v" * 64,
            request=request,
        )
        self._log.append(row, value=canonical(made.value))
        return made
