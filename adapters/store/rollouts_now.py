# SPDX-License-Identifier: Apache-2.0
"""How far roll-outs and deployments are, from the log: their newest values, their rows, and what was said of them."""

import re
from collections.abc import Collection
from typing import NamedTuple, TypeVar

import msgspec

from adapters.store.models import EventRow, ValueNow
from adapters.store.rows import READ, from_row
from statemachines.deployment_value import Deployment
from statemachines.history import DEPLOYMENT, ROLLOUT, SERVER
from statemachines.record import Record
from statemachines.rollout_forecast import Forecast
from statemachines.rollout_value import Rollout, deployment_id

T = TypeVar("T")

FORECAST = "forecast"
"""The subject of dry runs, in the roll-out's stream."""
FORECAST_KIND = "rollout_forecast"
DEPLOYMENT_ID = r"[a-z0-9]{1,16}\.[a-z0-9]{1,16}\.[0-9]{1,6}"
_ID = re.compile(DEPLOYMENT_ID)
_ROWS_MOST = 2_000
_LOOKED_THROUGH = 20_000
"""In rows of the server's stream: a deployment's own are the newest of them."""


class Standing(NamedTuple):
    """A deployment as it is, and which row led to it."""

    deployment: Deployment
    log_seq: int
    at_ns: int


class DryRun(NamedTuple):
    """What a roll-out would do to which server, as of `at_ns`; `request` is who asked for it."""

    servers: tuple[Forecast, ...]
    at_ns: int
    request: str


class Verdict(NamedTuple):
    """What was made of a request."""

    verdict: str
    reason: str
    at_ns: int


def stream_of(rollout: str) -> str:
    """Return the stream of a roll-out."""
    return f"{ROLLOUT}:{rollout}"


def server_of(deployment: str) -> str:
    """Return the server that a deployment is for; an empty string where it is no deployment's id."""
    return deployment.split(".")[1] if _ID.fullmatch(deployment) else ""


def rollout_of(deployment: str) -> str:
    """Return the roll-out that a deployment belongs to."""
    return deployment.partition(".")[0]


def rollout_now(rollout: str) -> Rollout | None:
    """Return a roll-out as it stands; None when it was not begun, or another version of the controller wrote it."""
    return rollouts_now([rollout]).get(rollout)


def rollouts_now(ids: Collection[str]) -> dict[str, Rollout]:
    """Return by id how these roll-outs stand (one query); those that were not begun are left out."""
    rows = ValueNow.objects.filter(stream__in=[stream_of(each) for each in ids], subject=ROLLOUT)
    found = (_decoded(text, Rollout) for text in rows.values_list("value", flat=True))
    return {each.id: each for each in found if each is not None}


def deployments_of(rollout: Rollout) -> dict[str, Deployment]:
    """Return by server how its newest deployment in this roll-out stands (one query)."""
    begun = [each for each in rollout.servers if each.attempt]
    rows = ValueNow.objects.filter(
        stream__in=[f"{SERVER}{each.target.server}" for each in begun],
        subject__in=[f"{DEPLOYMENT}{deployment_id(rollout.id, each)}" for each in begun],
    )
    found = (_decoded(text, Deployment) for text in rows.values_list("value", flat=True))
    return {each.order.server or server_of(each.id): each for each in found if each is not None}


def deployment_now(deployment: str) -> Standing | None:
    """Return a deployment as it stands; None when there is none of that id."""
    server = server_of(deployment)
    row = ValueNow.objects.filter(stream=f"{SERVER}{server}", subject=f"{DEPLOYMENT}{deployment}").first()
    value = _decoded(row.value, Deployment) if row is not None else None
    return None if row is None or value is None else Standing(value, row.log_seq, row.at_ns)


def deployment_steps(standing: Standing) -> list[Record]:
    """Return the rows of a deployment in their order, at most its newest 2,000."""
    deployment = standing.deployment.id
    rows = EventRow.objects.filter(
        stream=f"{SERVER}{server_of(deployment)}",
        subject=f"{DEPLOYMENT}{deployment}",
        log_seq__lte=standing.log_seq,
        log_seq__gt=standing.log_seq - _LOOKED_THROUGH,
    )
    newest = rows.order_by("-log_seq").values_list(*READ)[:_ROWS_MOST]
    return [from_row(values) for values in reversed(newest)]


def rollout_rows(rollout: str, *, limit: int = 100) -> list[Record]:
    """Return the newest rows of a roll-out, newest first."""
    rows = EventRow.objects.filter(stream=stream_of(rollout)).order_by("-log_seq")
    return [from_row(values) for values in rows.values_list(*READ)[:limit]]


def forecast_of(rollout: str) -> DryRun | None:
    """Return the newest dry run of a roll-out; None where there was none."""
    rows = EventRow.objects.filter(stream=stream_of(rollout), subject=FORECAST, kind=FORECAST_KIND)
    found = rows.order_by("-log_seq").values_list(*READ).first()
    if found is None:
        return None
    row = from_row(found)
    told = msgspec.convert(row.payload.get("servers", []), tuple[Forecast, ...])
    return DryRun(told, row.at_ns, row.request)


def verdict_on(*, request: str) -> Verdict | None:
    """Return what was made of a request; None while nothing was."""
    row = EventRow.objects.filter(request=request).values_list("verdict", "reason", "at_ns").first()
    return None if row is None else Verdict(*row)


def _decoded(text: str, kind: type[T]) -> T | None:
    """Return a value; None when another version of the controller wrote it."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None
