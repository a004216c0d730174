# SPDX-License-Identifier: Apache-2.0
"""What the log left of deployments and roll-outs when a runtime starts, and what a planned roll-out is to do."""

from typing import NamedTuple

import msgspec
import structlog

from hall_runtime.config import SiteConfig
from hall_runtime.deployments.asking import PlanRefused
from statemachines.deployment_value import Deployment
from statemachines.history import DEPLOYMENT, ROLLOUT
from statemachines.rollout_value import Plan, Rollout, Target

_say = structlog.get_logger("deployment")


class Left(NamedTuple):
    """The newest values in the log, and the time of the newest of them in ns."""

    deployments: tuple[Deployment, ...]
    rollouts: tuple[Rollout, ...]
    at_ns: int


def left_behind() -> Left:
    """Read what the log knows. Not on an event loop.

    A value that another version wrote in another form is told and left out: its halls stay held until a person
    releases them, for nobody here knows what its server runs.
    """
    from adapters.store.models import ValueNow

    deployments, rollouts, newest = [], [], 0
    for row in ValueNow.objects.order_by("log_seq"):
        newest = max(newest, row.at_ns)
        try:
            if row.subject.startswith(DEPLOYMENT):
                deployments.append(msgspec.json.decode(row.value, type=Deployment))
            elif row.subject == ROLLOUT:
                rollouts.append(msgspec.json.decode(row.value, type=Rollout))
        except msgspec.MsgspecError as wrong:
            _say.error("deployment_not_recovered", stream=row.stream, subject=row.subject, why=str(wrong))
    return Left(tuple(deployments), tuple(rollouts), newest)


def plan_of(config: SiteConfig, rollout: str) -> Plan:
    """Return what a planned roll-out is to do on this site. Not on an event loop.

    Raises:
        PlanRefused: it is not planned, its release was withdrawn, or it names a server that is not the site's.
    """
    from adapters.store.errors import DeploymentUnknown
    from adapters.store.rollouts import plan_of as planned
    from adapters.store.rollouts import rollout_of

    try:
        entry = rollout_of(rollout=rollout)
    except DeploymentUnknown as unknown:
        raise PlanRefused(str(unknown)) from unknown
    if entry.release.withdrawn_ns is not None:
        raise PlanRefused(f"release {entry.release.name} was withdrawn: plan a roll-out of another one")
    told = planned(entry)
    halls = {server.id: tuple(sorted({hall for hall, _ in config.seats_of(server)})) for server in config.servers}
    strange = [name for name in told.servers if name not in halls]
    if strange:
        raise PlanRefused(f"server {strange[0]} is not in this site's configuration")
    return Plan(
        release=told.release,
        targets=tuple(Target(server=name, halls=halls[name]) for name in told.servers),
        canaries=told.canaries,
        batch=told.batch,
        failures_allowed=told.failures_allowed,
        window=told.window,
    )
