# SPDX-License-Identifier: Apache-2.0
"""The one task that steps deployments and roll-outs: event in, row out, effects on their way.

A deployment's rows are in its server's stream, a roll-out's in its own. Servers are touched by workers, halls by
`HallHolds`; what becomes of either is an event again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import structlog

from adapters.store.errors import StoreError
from hall_runtime.clock import RuntimeClock
from hall_runtime.deployments.halls import HallHolds
from hall_runtime.deployments.ports import DurableLog
from hall_runtime.deployments.worker import ServerWorker
from hall_runtime.timers import Timers
from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines import rollout_events as re
from statemachines.deployment_actions import ALARM
from statemachines.deployment_facts import Order
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.effects import ArmTimer, CancelTimer, Effect, RaiseAlarm, ReturnAlarm
from statemachines.events import Event, Source, Stamped, TimerDue
from statemachines.folding import Made, stepped
from statemachines.hall import Hall
from statemachines.history import DEPLOYMENT, ROLLOUT, SERVER, mark_of, row_of
from statemachines.record import Record
from statemachines.rollout_value import Place, Rollout, RolloutState
from statemachines.values import canonical

_say = structlog.get_logger("deployment")
_ROOM = 65_536

_PLACES = {
    DeploymentState.COMMITTED: Place.COMMITTED,
    DeploymentState.ROLLED_BACK: Place.ROLLED_BACK,
    DeploymentState.FAILED: Place.FAILED,
}
_OVER = (RolloutState.DONE, RolloutState.ABORTED)


class _Mail(NamedTuple):
    event: Event
    source: Source
    cause: str = ""
    request: str = ""


class DeploymentDesk:
    """Keeps every deployment and roll-out of a site. Its halls and servers come by `attach`: they tell it in turn."""

    def __init__(self, *, log: DurableLog, clock: RuntimeClock, version: str) -> None:
        self.deployments: dict[str, Deployment] = {}
        self.rollouts: dict[str, Rollout] = {}
        self._active: dict[str, Deployment] = {}
        """Those that are not over, or hold a hall: every step of every hall looks at them alone."""
        self._log, self._clock, self._version = log, clock, version
        self._workers: Mapping[str, ServerWorker] = {}
        self._halls: HallHolds | None = None
        self._mail: asyncio.Queue[_Mail] = asyncio.Queue(_ROOM)
        self._timers = Timers(clock, self._timer_due)

    def attach(self, halls: HallHolds, workers: Mapping[str, ServerWorker]) -> None:
        """Give it its halls, and a worker for each server id."""
        self._halls, self._workers = halls, workers

    def recover(self, deployments: Iterable[Deployment], rollouts: Iterable[Rollout]) -> None:
        """Take over what the log left. A deployment that is over is told, too: it lets its halls go once more."""
        for left in deployments:
            self._keep(left)
        self.rollouts = {each.id: each for each in rollouts}
        holds = self._held()
        holds.recover()
        for each in self.deployments.values():
            if each.state not in _PLACES or each.holding or each.id in holds.held_by():
                self.post(de.ControllerRecovered(deployment=each.id), Source.RUNTIME)
                holds.show(each.id, each.order.halls)
        for stranger in sorted(holds.held_by() - set(self.deployments)):
            why = f"nothing is known of it: look at its server, then: projectionist deploy release {stranger}"
            halls = holds.halls_of(stranger)
            _say.error("hall_held_for_unknown_deployment", deployment=stranger, halls=halls, why=why)
        for plan in self.rollouts.values():
            if plan.state not in _OVER:
                self.post(re.RolloutRecovered(rollout=plan.id), Source.RUNTIME)

    def let_go_of_unknown(self, deployment: str) -> tuple[str, ...]:
        """Let halls go that are held for a deployment of which nothing is known; return which these were."""
        holds = self._held()
        halls = () if deployment in self.deployments else holds.halls_of(deployment)
        holds.let_go(deployment, halls)
        holds.alarm(deployment, halls, ALARM, "")
        return halls

    def post(self, event: Event, source: Source, *, request: str = "", cause: str = "") -> None:
        """Have an event stepped."""
        self._mail.put_nowait(_Mail(event, source, cause, request))

    def hall_stepped(self, hall: Hall, row: Record) -> None:
        """A hall made a step: its deployments hear what changed for them."""
        if self._active:
            self._held().stepped(hall, row, self._active.values())

    def _keep(self, now: Deployment) -> None:
        self.deployments[now.id] = now
        if now.state not in _PLACES or now.holding:
            self._active[now.id] = now
        else:
            self._active.pop(now.id, None)

    async def run(self) -> None:
        """Step what comes, until cancelled."""
        while True:
            self.step(await self._mail.get())

    async def revoked(self, serial: int) -> None:
        """End the deployment session whose certificate was revoked."""
        await asyncio.gather(*(worker.revoked(serial) for worker in self._workers.values()))

    async def close(self, limit_s: float) -> None:
        """End what is on its way on servers, and all timers."""
        self._timers.close()
        await asyncio.gather(*(worker.close(limit_s) for worker in self._workers.values()))

    def step(self, mail: _Mail) -> Record | None:
        """Make one step: its row is on the way to the log, then its effects."""
        found = self._value_for(mail.event)
        if found is None:
            _say.warning("deployment_unknown", event=type(mail.event).__name__, request=mail.request)
            return None
        stamped = Stamped(at_ns=self._clock.now_ns(), event=mail.event, source=mail.source, cause=mail.cause)
        made = stepped(found, stamped)
        row = self._logged(found, stamped, made, mail.request)
        if isinstance(made.value, Deployment):
            self._keep(made.value)
            for effect in made.effects:
                self._of_deployment(made.value, effect, row)
            if made.value.state is not found.state:
                self._tell_end(made.value)
        elif isinstance(made.value, Rollout):
            self.rollouts[made.value.id] = made.value
            for effect in made.effects:
                self._of_rollout(effect)
        return row

    def _value_for(self, event: Event) -> Deployment | Rollout | None:
        match event:
            case TimerDue(name=name):
                kind, identity, _short = name.split(":")
                known: Mapping[str, Deployment | Rollout] = self.rollouts if kind == ROLLOUT else self.deployments
                return known.get(identity)
            case de.DeploymentAsked(deployment=identity):
                return self.deployments.get(identity) or Deployment(id=identity)
            case de.DeploymentEvent(deployment=identity):
                return self.deployments.get(identity)
            case re.RolloutAsked(rollout=identity):
                return self.rollouts.get(identity) or Rollout(id=identity)
            case re.RolloutEvent(rollout=identity):
                return self.rollouts.get(identity)
            case _:
                return None

    def _logged(self, before: Deployment | Rollout, stamped: Stamped, made: Made, request: str) -> Record:
        stream, subject = _place_of(made.value if isinstance(made.value, Deployment | Rollout) else before, stamped)
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
            version=self._version,
            request=request,
        )
        _say.info(row.kind, stream=stream, subject=subject, edge=made.edge, verdict=str(made.verdict), why=made.reason)
        try:
            return self._log.append(row, value=canonical(made.value))
        except StoreError as wrong:  # the worker will wait for it in vain, and nothing is touched
            _say.error("row_not_logged", stream=stream, kind=row.kind, why=str(wrong))
            return row

    # Effects.

    def _of_deployment(self, now: Deployment, effect: Effect, row: Record) -> None:
        holds = self._held()
        match effect:
            case fx.ServerStep():
                self._work(effect, now.order.release.sha256, row)
            case fx.HoldHalls(deployment=identity, halls=halls, reason=reason):
                holds.hold(identity, halls, reason)
            case fx.ReleaseHalls(deployment=identity, halls=halls):
                holds.let_go(identity, halls)
            case ArmTimer(name=name, at_ns=at_ns):
                self._timers.arm(name, at_ns, f"{row.log_seq}")
            case CancelTimer(name=name):
                self._timers.cancel(name)
            case RaiseAlarm(name=name, words=words):
                holds.alarm(now.id, now.order.halls, name, words)
            case ReturnAlarm(name=name):
                holds.alarm(now.id, now.order.halls, name, "")
            case _:
                raise TypeError(f"no deployment orders {type(effect).__name__}")

    def _work(self, step: fx.ServerStep, release: str, row: Record) -> None:
        """Have a step done. A server that left the configuration is lost for its deployment, as one that is mute."""
        worker = self._workers.get(step.server)
        if worker is not None:
            worker.begin(step, release, row)
            return
        words = "it left this site's configuration: put it back, or bring back its module by hand"
        _say.error("deployment_without_server", deployment=step.deployment, server=step.server, why=words)
        self.post(de.ConnectionLost(deployment=step.deployment, number=step.number, words=words), Source.RUNTIME)

    def _of_rollout(self, effect: Effect) -> None:
        match effect:
            case re.BeginDeployment():
                self._begin(effect)
            case re.PauseDeployment(deployment=identity):
                self.post(de.PauseAsked(deployment=identity), Source.RUNTIME)
            case re.ResumeDeployment(deployment=identity):
                self.post(de.ResumeAsked(deployment=identity), Source.RUNTIME)
            case re.AbortDeployment(deployment=identity):
                self.post(de.AbortAsked(deployment=identity), Source.RUNTIME)
            case ArmTimer(name=name, at_ns=at_ns):
                self._timers.arm(name, at_ns)
            case CancelTimer(name=name):
                self._timers.cancel(name)
            case _:
                raise TypeError(f"no roll-out orders {type(effect).__name__}")

    def _begin(self, effect: re.BeginDeployment) -> None:
        """Begin a deployment that is new; of one that is over tell the end again."""
        known = self.deployments.get(effect.deployment)
        if known is not None:
            self._tell_end(known)
            return
        order = Order(server=effect.server, halls=effect.halls, release=effect.release)
        self._keep(Deployment(id=effect.deployment))
        self.post(de.DeploymentAsked(deployment=effect.deployment, order=order), Source.RUNTIME)
        self._held().show(effect.deployment, effect.halls)

    def _tell_end(self, now: Deployment) -> None:
        place = _PLACES.get(now.state)
        rollout, attempt = now.id.partition(".")[0], now.id.rpartition(".")[2]
        if place is None:
            return
        reason = "; and bringing back its module: ".join(filter(None, (now.reason, now.rollback_reason)))
        ended = re.DeploymentEnded(
            rollout=rollout, server=now.order.server, attempt=int(attempt), place=place, reason=reason
        )
        self.post(ended, Source.RUNTIME)

    def _timer_due(self, name: str, cause: str) -> None:
        self.post(TimerDue(name=name), Source.TIMER, cause=cause)

    def _held(self) -> HallHolds:
        if self._halls is None:
            raise RuntimeError("the desk has no halls yet")
        return self._halls


def _place_of(value: Deployment | Rollout, stamped: Stamped) -> tuple[str, str]:
    """Return the stream and the subject of a row."""
    if isinstance(value, Rollout):
        return f"{ROLLOUT}:{value.id}", ROLLOUT
    event = stamped.event
    server = event.order.server if isinstance(event, de.DeploymentAsked) else value.order.server
    return f"{SERVER}{server}", f"{DEPLOYMENT}{value.id}"
