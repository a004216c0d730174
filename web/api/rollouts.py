# SPDX-License-Identifier: Apache-2.0
"""Roll-outs: planned, looked at, and asked for something. The runtime carries out what is asked."""

import time

from django.http import HttpRequest
from ninja import Path, Router, Status

from adapters.store import rollouts as plans
from adapters.store.models import RolloutEntry
from adapters.store.releases import release_of
from adapters.store.rollouts_now import forecast_of
from statemachines.rollout_value import Window
from web.accounts.audit import Deed, note_deed
from web.accounts.auth import caller_of, needs
from web.accounts.scopes import Scope
from web.api.asked import asked_of
from web.api.errors import Refused, answers
from web.api.shapes.deployment import (
    ActionAsked,
    ForecastView,
    NewRollout,
    RolloutId,
    Rollouts,
    RolloutView,
    WindowShape,
)
from web.api.shapes.request import RequestView
from web.deployments.refusals import told
from web.deployments.views_of import forecast_view, rollout_lines, rollout_view
from web.sight.site_view import directory
from web.sight.speech import Speech

router = Router()
_ASKED = answers(RequestView, 404, 409)


@router.get("/rollouts", response=answers(Rollouts))
def rollouts(request: HttpRequest) -> Rollouts:
    """Return the newest hundred roll-outs."""
    return Rollouts(rollouts=rollout_lines(plans.rollouts(), directory().speech))


@router.post("/rollouts", response=answers(RolloutView, 404, ok=201), auth=needs(Scope.DEPLOY))
def plan_rollout(request: HttpRequest, asked: NewRollout) -> Status[RolloutView]:
    """Plan a roll-out. Nothing begins by it: ask for a forecast, or begin it."""
    speech, now_ns = directory().speech, time.time_ns()
    with told():
        made = plans.plan_rollout(
            release=release_of(sha256=asked.release),
            servers=asked.servers,
            canaries=asked.canaries,
            batch=asked.batch,
            failures_allowed=asked.failures_allowed,
            window=_window(asked.window, speech, now_ns),
            by=caller_of(request).actor,
            now_ns=now_ns,
        )
    detail = f"{made.id}: {made.release} onto {len(made.servers)} servers"
    note_deed(request, Deed(action="plan roll-out", detail=detail, verdict="done"))
    return Status(201, rollout_view(made, speech, now_ns))


@router.get("/rollouts/{rollout}", response=answers(RolloutView, 404))
def one_rollout(request: HttpRequest, rollout: Path[RolloutId]) -> RolloutView:
    """Return one roll-out: its servers with their deployments, and what can be asked of it now."""
    return rollout_view(_known(rollout), directory().speech, time.time_ns())


@router.get("/rollouts/{rollout}/forecast", response=answers(ForecastView, 404))
def forecast(request: HttpRequest, rollout: Path[RolloutId]) -> ForecastView:
    """Return the newest dry run: what it would do to which server, and why not to others."""
    found = forecast_of(_known(rollout).id)
    if found is None:
        raise Refused(404, f"Nobody has asked what roll-out {rollout} would do: ask by POST.")
    return forecast_view(rollout, found, directory().speech)


@router.post("/rollouts/{rollout}/forecast", response=_ASKED, auth=needs(Scope.DEPLOY))
def ask_forecast(request: HttpRequest, rollout: Path[RolloutId], body: ActionAsked) -> RequestView:
    """Ask for a dry run: every server is looked at, none is touched. What it says is read by GET."""
    return _asked(request, "forecast", rollout, body)


@router.post("/rollouts/{rollout}/begin", response=_ASKED, auth=needs(Scope.DEPLOY))
def begin(request: HttpRequest, rollout: Path[RolloutId], body: ActionAsked) -> RequestView:
    """Begin a roll-out that was planned; wait at most 1 s for the verdict of its machine."""
    return _asked(request, "begin", rollout, body)


@router.post("/rollouts/{rollout}/pause", response=_ASKED, auth=needs(Scope.DEPLOY))
def pause(request: HttpRequest, rollout: Path[RolloutId], body: ActionAsked) -> RequestView:
    """Begin no more servers for now; those that are untouched yet wait."""
    return _asked(request, "pause", rollout, body)


@router.post("/rollouts/{rollout}/resume", response=_ASKED, auth=needs(Scope.DEPLOY))
def resume(request: HttpRequest, rollout: Path[RolloutId], body: ActionAsked) -> RequestView:
    """Go on; servers that were rolled back are tried again."""
    return _asked(request, "resume", rollout, body)


@router.post("/rollouts/{rollout}/abort", response=_ASKED, auth=needs(Scope.DEPLOY))
def abort(request: HttpRequest, rollout: Path[RolloutId], body: ActionAsked) -> RequestView:
    """Begin no more servers; those being worked on go back to what they had. Committed ones stay."""
    return _asked(request, "abort", rollout, body)


def _known(rollout: str) -> RolloutEntry:
    with told():
        return plans.rollout_of(rollout=rollout)


def _asked(request: HttpRequest, action: str, rollout: str, body: ActionAsked) -> RequestView:
    return asked_of(request, verb="rollout", args=[action, _known(rollout).id], request_id=body.id)


def _window(asked: WindowShape | None, speech: Speech, now_ns: int) -> Window:
    if asked is None:
        return Window()
    offset_s = speech.offset_s(now_ns) if asked.offset_s is None else asked.offset_s
    return Window(opens_min=asked.opens_min, closes_min=asked.closes_min, offset_s=offset_s)
