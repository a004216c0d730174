# SPDX-License-Identifier: Apache-2.0
"""Reels: what runs through every gate."""

import time

from django.http import HttpRequest
from ninja import Router

from web.api.errors import answers
from web.api.shapes.hall import HallView
from web.api.shapes.reel import Reels, ReelView
from web.sight.site_view import halls_view

router = Router()


@router.get("/reels", response=answers(Reels))
def reels(request: HttpRequest) -> Reels:
    """Return for every hall its film, projector and sound, and how far the sound is off in ms."""
    return Reels(reels=[_reel(hall) for hall in halls_view(now_ns=time.time_ns()).halls])


def _reel(hall: HallView) -> ReelView:
    offset_us = hall.sound.offset_us if hall.sound else None
    return ReelView(
        hall=hall.id,
        state=hall.state,
        live=hall.live,
        film=hall.film,
        projector=hall.projector,
        sound=hall.sound,
        offset_ms=None if offset_us is None else round(offset_us / 1000),
    )
