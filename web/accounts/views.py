# SPDX-License-Identifier: Apache-2.0
"""The way into /admin/: by the one login page."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to /login; whoever is logged in already and came here may not manage anything."""
    if request.user.is_authenticated:
        name = request.user.get_username()
        words = f"{name} may not manage this site: ask an admin for the scope operate, deploy or admin."
        return HttpResponse(words, status=403, content_type="text/plain; charset=utf-8")
    return redirect_to_login(request.GET.get("next") or "/admin/")
