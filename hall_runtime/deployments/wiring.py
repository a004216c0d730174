# SPDX-License-Identifier: Apache-2.0
"""A site's deployments put together: desk, workers, halls, and who may ask."""

from collections.abc import Mapping
from functools import partial

from hall_runtime.clock import RuntimeClock
from hall_runtime.config import SiteConfig
from hall_runtime.deployments.asking import Asking
from hall_runtime.deployments.desk import DeploymentDesk
from hall_runtime.deployments.forecasting import Forecaster
from hall_runtime.deployments.halls import HallHolds
from hall_runtime.deployments.ports import DurableLog, OpenDeployLink, Shelf
from hall_runtime.deployments.recovery import plan_of
from hall_runtime.deployments.worker import ServerWorker
from hall_runtime.hall_parts import HallParts
from statemachines.deployment_events import DeploymentEvent
from statemachines.events import Source
from statemachines.session_events import RotationAsked
from statemachines.words import Role


class Deploying:
    """All of a site's deployments: `desk` steps them, `asking` takes what people want."""

    def __init__(
        self,
        config: SiteConfig,
        halls: Mapping[str, HallParts],
        *,
        opens: OpenDeployLink,
        shelf: Shelf,
        log: DurableLog,
        clock: RuntimeClock,
        version: str,
    ) -> None:
        self.desk = DeploymentDesk(log=log, clock=clock, version=version)
        workers = {
            server.id: ServerWorker(
                server.id,
                opens=opens,
                shelf=shelf,
                log=log,
                post=partial(_post, self.desk, Source.RUNTIME),
                reloaded=partial(_say_hello_again, halls, config.seats_of(server)),
            )
            for server in config.servers
        }
        self.desk.attach(HallHolds(halls, partial(_post, self.desk, Source.RUNTIME)), workers)
        forecaster = Forecaster(opens=opens, shelf=shelf, halls=halls, clock=clock)
        self.asking = Asking(self.desk, partial(plan_of, config), forecaster, log=log, clock=clock, version=version)


def _post(desk: DeploymentDesk, source: Source, event: DeploymentEvent) -> None:
    desk.post(event, source)


def _say_hello_again(halls: Mapping[str, HallParts], seats: frozenset[tuple[str, Role]]) -> None:
    """A device that was just loaded knows no controller; its agent would not tell, it finds the device by its path."""
    for hall, role in seats:
        halls[hall].keeper.post(RotationAsked(role=role), Source.RUNTIME)
