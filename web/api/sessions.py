# SPDX-License-Identifier: Apache-2.0
"""Control sessions of all halls."""

import time

from django.http import HttpRequest
from ninja import Router

from web.api.errors import answers
from web.api.shapes.session import HallSession, Sessions
from web.sight.site_view import halls_view

router = Router()


@router.get("/sessions", response=answers(Sessions))
def sessions(request: HttpRequest) -> Sessions:
    """Return every control session: its state, its key's age and next rotation, its round trip, its last trouble."""
    halls = halls_view(now_ns=time.time_ns()).halls
    return Sessions(
        sessions=[HallSession(hall=hall.id, **each.model_dump()) for hall in halls for each in hall.sessions]
    )
