# SPDX-License-Identifier: Apache-2.0
"""Deployments: one server's part of a roll-out, with its steps, its reasons and its kernel logs."""

import time

from django.http import HttpRequest
from ninja import Path, Router

from adapters.store.rollouts_now import Standing, deployment_now, deployment_steps
from web.accounts.auth import needs
from web.accounts.scopes import Scope
from web.api.asked import asked_of
from web.api.errors import Refused, answers
from web.api.shapes.deployment import ActionAsked, DeploymentId, DeploymentView
from web.api.shapes.request import RequestView
from web.deployments.views_of import deployment_view
from web.sight.site_view import directory

router = Router()
_ASKED = answers(RequestView, 404, 409)


@router.get("/deployments/{deployment}", response=answers(DeploymentView, 404))
def one_deployment(request: HttpRequest, deployment: Path[DeploymentId]) -> DeploymentView:
    """Return one deployment: how it stands, all its steps, the checks, and the server's kernel logs."""
    found = _known(deployment)
    return deployment_view(found, deployment_steps(found), directory().speech, time.time_ns())


@router.post("/deployments/{deployment}/pause", response=_ASKED, auth=needs(Scope.DEPLOY))
def pause(request: HttpRequest, deployment: Path[DeploymentId], body: ActionAsked) -> RequestView:
    """Let a server that is untouched wait, its halls free."""
    return _asked(request, "pause", deployment, body)


@router.post("/deployments/{deployment}/resume", response=_ASKED, auth=needs(Scope.DEPLOY))
def resume(request: HttpRequest, deployment: Path[DeploymentId], body: ActionAsked) -> RequestView:
    """Go on; after a failure try once more to bring the server back."""
    return _asked(request, "resume", deployment, body)


@router.post("/deployments/{deployment}/abort", response=_ASKED, auth=needs(Scope.DEPLOY))
def abort(request: HttpRequest, deployment: Path[DeploymentId], body: ActionAsked) -> RequestView:
    """Leave the server as it was before."""
    return _asked(request, "abort", deployment, body)


@router.post("/deployments/{deployment}/release", response=_ASKED, auth=needs(Scope.DEPLOY))
def release(request: HttpRequest, deployment: Path[DeploymentId], body: ActionAsked) -> RequestView:
    """Let the halls go of one that failed, or of which nothing can be read any more. Look at its server first."""
    return asked_of(request, verb="deployment", args=["release", deployment], request_id=body.id)


def _known(deployment: str) -> Standing:
    found = deployment_now(deployment)
    if found is None:
        raise Refused(404, f"There is no deployment {deployment} here.")
    return found


def _asked(request: HttpRequest, action: str, deployment: str, body: ActionAsked) -> RequestView:
    _known(deployment)
    return asked_of(request, verb="deployment", args=[action, deployment], request_id=body.id)
