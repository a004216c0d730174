# SPDX-License-Identifier: Apache-2.0
"""Alarms of all halls."""

import time

from django.http import HttpRequest
from ninja import Router

from web.api.errors import answers
from web.api.shapes.alarm import Alarms
from web.sight.site_view import halls_view

router = Router()


@router.get("/alarms", response=answers(Alarms))
def alarms(request: HttpRequest) -> Alarms:
    """Return every alarm that is not normal; one whose `root` is empty is a cause, the others follow from one."""
    halls = halls_view(now_ns=time.time_ns()).halls
    return Alarms(alarms=[alarm for hall in halls for alarm in hall.alarms])
