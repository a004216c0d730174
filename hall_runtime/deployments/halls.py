# SPDX-License-Identifier: Apache-2.0
"""The halls as deployments see and hold them: each stands at rest or not, and belongs to one deployment at most."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog

from hall_runtime.hall_parts import HallParts
from statemachines.deployment_events import HallSeen, HeartbeatHeard
from statemachines.deployment_facts import HallSight, Step
from statemachines.deployment_value import Deployment
from statemachines.events import ConditionCleared, ConditionRaised, HoldLifted, HoldPlaced, Source
from statemachines.hall import DEPLOYMENT_HOLD, Hall
from statemachines.record import Record

_say = structlog.get_logger("deployment")
_HOLDS = ("hold_placed", "hold_lifted")
_BEAT = "heartbeat_heard"

Tell = Callable[[HallSeen | HeartbeatHeard], object]


def holder_of(hall: Hall) -> str:
    """Return the deployment that holds a hall, or an empty string."""
    return next((hold.by for hold in hall.holds if hold.name == DEPLOYMENT_HOLD), "")


def sight_of(hall: Hall) -> HallSight:
    """Return how a hall stands."""
    return HallSight(hall=hall.id, state=hall.state, film=hall.film.present, holder=holder_of(hall))


class HallHolds:
    """Holds halls, lets them go, and tells deployments what they see of them."""

    def __init__(self, halls: Mapping[str, HallParts], tell: Tell) -> None:
        self._halls, self._tell = halls, tell
        self._told: dict[str, HallSight] = {}
        self._taken: dict[str, str] = {}
        self._missed: set[tuple[str, str]] = set()

    def recover(self) -> None:
        """Note whose the halls are, as the log left them."""
        self._taken = {hall: holder for hall, parts in self._halls.items() if (holder := holder_of(parts.keeper.hall))}

    def halls_of(self, deployment: str) -> tuple[str, ...]:
        """Return the halls that a deployment holds."""
        return tuple(sorted(hall for hall, holder in self._taken.items() if holder == deployment))

    def held_by(self) -> set[str]:
        """Return the deployments that hold a hall."""
        return set(self._taken.values())

    def hold(self, deployment: str, halls: Iterable[str], reason: str) -> None:
        """Let these halls refuse film. One that is another deployment's stays so, and how it stands is told."""
        for hall, parts in self._there(deployment, halls):
            if self._taken.setdefault(hall, deployment) == deployment:
                placed = HoldPlaced(hold=DEPLOYMENT_HOLD, reason=reason, by=deployment)
                parts.keeper.post(placed, Source.RUNTIME)
            else:
                self.show(deployment, (hall,))

    def let_go(self, deployment: str, halls: Iterable[str]) -> None:
        """End that hold where it is this deployment's own."""
        for hall in halls:
            if self._taken.get(hall) == deployment:
                del self._taken[hall]
                self._halls[hall].keeper.post(HoldLifted(hold=DEPLOYMENT_HOLD), Source.RUNTIME)

    def show(self, deployment: str, halls: Iterable[str]) -> None:
        """Tell a deployment how halls stand; one whose hardware was not read since the start is told once it was."""
        for _hall, parts in self._there(deployment, halls):
            now = parts.keeper.hall
            if now.recovered:
                self._tell(HallSeen(deployment=deployment, sight=sight_of(now)))

    def stepped(self, now: Hall, row: Record, deployments: Iterable[Deployment]) -> None:
        """A hall's step was made: tell its deployments what it changed for them."""
        if row.kind == _BEAT and row.source == Source.KERNEL:  # what a ring remembers was not heard
            self._heard(now, row, deployments)
        sight = sight_of(now)
        if not now.recovered or (self._told.get(now.id) == sight and row.kind not in _HOLDS):
            return
        self._told[now.id] = sight
        for each in deployments:
            if now.id in each.order.halls:
                self._tell(HallSeen(deployment=each.id, sight=sight))

    def _heard(self, now: Hall, row: Record, deployments: Iterable[Deployment]) -> None:
        for each in deployments:
            probed = each.doing is Step.PROBE and each.known is not None and row.hw_epoch in each.known.epochs
            if probed and row.hw_epoch not in each.heard and now.id in each.order.halls:
                self._tell(HeartbeatHeard(deployment=each.id, epoch=row.hw_epoch))

    def alarm(self, deployment: str, halls: Iterable[str], name: str, words: str) -> None:
        """Raise an alarm in a deployment's halls; without words it returns."""
        for _hall, parts in self._there(deployment, halls):
            event = ConditionRaised(alarm=name, detail=words) if words else ConditionCleared(alarm=name)
            parts.keeper.post(event, Source.RUNTIME)

    def _there(self, deployment: str, halls: Iterable[str]) -> Iterator[tuple[str, HallParts]]:
        """Yield those that the site has. A deployment outlives its hall in the log: one that left is told, once."""
        for hall in halls:
            parts = self._halls.get(hall)
            if parts is not None:
                yield hall, parts
            elif (deployment, hall) not in self._missed:
                self._missed.add((deployment, hall))
                why = f"hall {hall} left this site's configuration: put it back, or abort or release the deployment"
                _say.error("deployment_without_hall", deployment=deployment, hall=hall, why=why)
