# SPDX-License-Identifier: Apache-2.0
"""The pages of releases, roll-outs and deployments: frames around the components, which fetch all that changes."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adapters.store.errors import DeploymentUnknown
from adapters.store.rollouts import rollout_of
from adapters.store.rollouts_now import deployment_now
from web.board.selectors import site_name


@require_safe
@login_required
def deployments_page(request: HttpRequest) -> HttpResponse:
    """Show releases and roll-outs."""
    return render(request, "deployments/all.html", {"site": site_name()})


@require_safe
@login_required
def rollout_page(request: HttpRequest, rollout: str) -> HttpResponse:
    """Show one roll-out, live. Raises Http404 where there is none of that id."""
    try:
        entry = rollout_of(rollout=rollout)
    except DeploymentUnknown as unknown:
        raise Http404(f"There is no roll-out {rollout} here.") from unknown
    return render(
        request, "deployments/rollout.html", {"site": site_name(), "rollout": entry.id, "release": entry.release.name}
    )


@require_safe
@login_required
def deployment_page(request: HttpRequest, rollout: str, server: str, attempt: int) -> HttpResponse:
    """Show one server's part of a roll-out. Raises Http404 where it was never begun."""
    deployment = f"{rollout}.{server}.{attempt}"
    if deployment_now(deployment) is None:
        raise Http404(f"There is no deployment {deployment} here.")
    told = {"site": site_name(), "rollout": rollout, "server": server, "deployment": deployment}
    return render(request, "deployments/deployment.html", told)
