# SPDX-License-Identifier: Apache-2.0
"""Whether the web lives, and whether what it shows is alive. No login is needed."""

import time

from django.db import Error
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from web.api.errors import Refused
from web.api.shapes.error import ErrorAnswer
from web.api.shapes.site import RuntimeState
from web.sight.site_view import site_view

router = Router(auth=None)


class Health(Schema):
    web: str = Field(examples=["ok"])


class Ready(Schema):
    """What is shown is alive."""

    runtime: RuntimeState
    beat_ms: int | None


@router.get("/health", response=Health)
def health(request: HttpRequest) -> Health:
    """Say that the web process answers; it says nothing of the halls."""
    return Health(web="ok")


@router.get("/ready", response={200: Ready, 503: ErrorAnswer})
def ready(request: HttpRequest) -> Ready:
    """Say that database and runtime are alive; 503 says which of them is not. Quiet halls are no matter."""
    try:
        site = site_view(now_ns=time.time_ns())
    except Error:
        raise Refused(503, "The database does not answer.", "no_database") from None
    if site.runtime is RuntimeState.DEAD:
        raise Refused(503, "The runtime shows no life: what is shown is old. Start projectionist run.", "runtime_dead")
    if site.runtime is RuntimeState.NEVER:
        raise Refused(503, "No runtime has run on this site yet. Start projectionist run.", "runtime_never")
    return Ready(runtime=site.runtime, beat_ms=site.beat_ms)
