# SPDX-License-Identifier: Apache-2.0
"""The pages: frames around the web components, which fetch all that changes."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from web.accounts.auth import caller_of
from web.board.selectors import hall_name, site_name
from web.board.services import keep_on_the_wall


@require_safe
@login_required
def site_page(request: HttpRequest) -> HttpResponse:
    """Show all halls; with `?wall` nothing on it can be pressed."""
    wall = "wall" in request.GET
    if wall:
        keep_on_the_wall(session=request.session, scope=caller_of(request).scope)
    return render(request, "board/site.html", {"site": site_name(), "wall": wall})


@require_safe
@login_required
def hall_page(request: HttpRequest, hall: str) -> HttpResponse:
    """Show one hall. Raises Http404 for a hall that this site does not have."""
    name = hall_name(hall=hall)
    if name is None:
        raise Http404(f"There is no hall {hall} here.")
    return render(request, "board/hall.html", {"site": site_name(), "hall": hall, "name": name})
