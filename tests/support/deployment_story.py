# SPDX-License-Identifier: Apache-2.0
"""A deployment in a story: a model server does its steps, halls are held and let go, timers come last.

At every moment rule 7 is held: a module goes only while each hall is idle, empty and held.
"""

from collections import deque

from msgspec.structs import replace

from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment import DeploymentStep, step
from statemachines.deployment_facts import HallSight, Order
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.effects import ArmTimer, CancelTimer, Effect, RaiseAlarm, ReturnAlarm
from statemachines.events import Event, Stamped, TimerDue
from statemachines.words import State
from tests.support.kept import keeps
from tests.support.model_server import RELEASE, ModelServer

S = 1_000_000_000
ID = "d1"
HALLS = ("h1", "h2")
ORDER = Order(server="s1", halls=HALLS, release=RELEASE)
GOOD_ENDS = (DeploymentState.COMMITTED, DeploymentState.ROLLED_BACK)
ENDS = (*GOOD_ENDS, DeploymentState.FAILED)
TOUCHED = (DeploymentState.INSTALLED, DeploymentState.PROBING, DeploymentState.ROLLING_BACK, DeploymentState.FAILED)


TIMERS = ("step", "retry", "heartbeat")


class Story:
    """A deployment, its server, its halls, its timers, and what was asked for and not yet done."""

    def __init__(self, server: ModelServer | None = None, order: Order = ORDER) -> None:
        self.server = server or ModelServer()
        self.deployment = Deployment(id=ID)
        self.order = order
        self.now = 1_000 * S
        self.timers: dict[str, int] = {}
        self.todo: deque[Effect] = deque()
        self.asked: list[Effect] = []
        self.states: list[DeploymentState] = [DeploymentState.PENDING]
        self.alarms: set[str] = set()
        self.halls = {hall: HallSight(hall=hall, state=State.IDLE, film=False) for hall in order.halls}

    # What is told.

    def tell(self, event: Event) -> DeploymentStep:
        told = step(self.deployment, Stamped(at_ns=self.now, event=event))
        assert bool(told.reason) == (not told.edge)
        assert told.edge or (told.deployment is self.deployment and not told.effects)
        assert keeps(told.deployment)
        self.deployment = told.deployment
        if told.deployment.state is not self.states[-1]:
            self.states.append(told.deployment.state)
        for effect in told.effects:
            self._take(effect)
        return told

    def _take(self, effect: Effect) -> None:
        self._check_address(effect)
        if isinstance(effect, ArmTimer):
            self.timers[effect.name] = effect.at_ns
        elif isinstance(effect, CancelTimer):
            # A controller that starts again has no timers; what it cancels then was armed by the one before.
            self.timers.pop(effect.name, None)
        elif isinstance(effect, RaiseAlarm):
            self.alarms.add(effect.name)
        elif isinstance(effect, ReturnAlarm):
            self.alarms.discard(effect.name)
        else:
            self.asked.append(effect)
            self.todo.append(effect)

    def _check_address(self, effect: Effect) -> None:
        """All that is asked for names this deployment, its server and its release; a timer is its own."""
        match effect:
            case ArmTimer(name=name) | CancelTimer(name=name):
                assert name.startswith(f"deploy:{ID}:")
                assert name.rpartition(":")[2] in TIMERS
            case RaiseAlarm(words=words):
                assert self.order.server in words
            case fx.HoldHalls() | fx.ReleaseHalls():
                assert (effect.deployment, effect.halls) == (ID, self.order.halls)
            case fx.ServerStep(deployment=deployment, server=server):
                assert (deployment, server) == (ID, self.order.server)
                assert getattr(effect, "release", self.order.release) == self.order.release
            case _:
                pass

    def ask(self) -> DeploymentStep:
        told = self.tell(de.DeploymentAsked(deployment=ID, order=self.order))
        self.tell_halls()
        return told

    def tell_halls(self) -> None:
        for hall in self.halls:
            self.tell(de.HallSeen(deployment=ID, sight=self.halls[hall]))

    def hall(self, hall: str, **fields: object) -> None:
        """A hall changes, and the deployment is told."""
        self.halls[hall] = replace(self.halls[hall], **fields)
        self.tell(de.HallSeen(deployment=ID, sight=self.halls[hall]))

    def recover(self) -> None:
        """The controller starts again: what it was doing and all timers are gone, then it looks at its halls."""
        self.timers.clear()
        self.todo.clear()
        self.tell(de.ControllerRecovered(deployment=ID))
        self.tell_halls()

    # What is done.

    def outcome(self, effect: Effect) -> list[Event]:
        """Carry an effect out, and return what is to be told of it."""
        if isinstance(effect, fx.HoldHalls):
            return self._hand(effect.halls, "", ID)
        if isinstance(effect, fx.ReleaseHalls):
            return self._hand(effect.halls, ID, "")
        assert isinstance(effect, fx.ServerStep)
        film = next((hall for hall, sight in self.halls.items() if sight.film), "")
        if film and self._unloads(effect):
            words = f"film is in the path of hall {film}"
            return [de.StepRefused(deployment=ID, number=effect.number, words=words)]
        self._check_rule_7(effect)
        return list(self.server.do(effect))

    def _unloads(self, effect: fx.ServerStep) -> bool:
        """A module goes by this step."""
        loaded = self.server.loaded
        away = isinstance(effect, fx.Unload) or (isinstance(effect, fx.Rollback) and loaded != effect.to)
        return bool(loaded) and away

    def _hand(self, halls: tuple[str, ...], before: str, after: str) -> list[Event]:
        for hall in halls:
            if self.halls[hall].holder == before:
                self.halls[hall] = replace(self.halls[hall], holder=after)
        return [de.HallSeen(deployment=ID, sight=self.halls[hall]) for hall in halls]

    def _check_rule_7(self, effect: fx.ServerStep) -> None:
        if isinstance(effect, fx.Load | fx.Unload | fx.Rollback):
            assert all(sight.holder == ID for sight in self.halls.values())
        if self._unloads(effect):
            assert all(sight.at_rest for sight in self.halls.values())

    def work(self) -> bool:
        """Do what was asked for first, or let time pass to the next timer. False when neither is there."""
        if self.todo:
            effect = self.todo.popleft()
            if not (isinstance(effect, fx.ServerStep) and effect.number < self.deployment.number):
                for event in self.outcome(effect):
                    self.tell(event)
        elif self.timers:
            name = min(self.timers, key=lambda each: self.timers[each])
            self.due(name.rpartition(":")[2])
        else:
            return False
        if self.deployment.state in TOUCHED and self.deployment.holding:
            assert all(sight.holder == ID for sight in self.halls.values())
        return True

    def due(self, name: str) -> DeploymentStep:
        self.now = max(self.now, self.timers.pop(f"deploy:{ID}:{name}"))
        return self.tell(TimerDue(name=f"deploy:{ID}:{name}"))

    def run(self, until: DeploymentState | None = None) -> "Story":
        """Go on to the end, or to a state; what it waits for in vain ends it too."""
        for _ in range(400):
            if self.deployment.state is until or not self.work():
                return self
        raise AssertionError("it does not end")

    def to(self, state: DeploymentState) -> "Story":
        self.ask()
        return self.run(until=state)

    def steps(self) -> list[str]:
        """The names of all that was asked for."""
        return [type(effect).__name__ for effect in self.asked]

    def check_end(self) -> None:
        """Old-good or new-good with the halls free; or failed, with both reasons and the halls held."""
        deployment, server = self.deployment, self.server
        assert deployment.state in ENDS, deployment
        holders = {sight.holder for sight in self.halls.values()}
        match deployment.state:
            case DeploymentState.COMMITTED:
                assert server.new_good
                assert holders == {""}
            case DeploymentState.ROLLED_BACK:
                assert server.old_good
                assert deployment.reason
                assert holders == {""}
            case _:
                assert deployment.reason
                assert deployment.rollback_reason
                assert holders == {ID}
                assert self.alarms == {"deployment_failed"}
        assert not self.timers
