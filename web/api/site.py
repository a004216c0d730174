# SPDX-License-Identifier: Apache-2.0
"""The site as a whole."""

import time

from django.http import HttpRequest
from ninja import Router

from web.api.errors import answers
from web.api.shapes.site import Site
from web.sight.site_view import site_view

router = Router()


@router.get("/site", response=answers(Site))
def site(request: HttpRequest) -> Site:
    """Tell what the site is called, how far its log is, and whether its runtime lives."""
    return site_view(now_ns=time.time_ns())
