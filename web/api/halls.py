# SPDX-License-Identifier: Apache-2.0
"""Halls: as they are, as a picture, and as they were."""

import time

from django.http import HttpRequest
from ninja import Path, Query, Router

from web.api.errors import Refused, answers
from web.api.params import HallId, Moment
from web.api.shapes.graph import Graph
from web.api.shapes.hall import Halls, HallView
from web.api.shapes.past import Past
from web.sight.as_of import hall_as_of
from web.sight.graph_view import graph_view, recent_tally
from web.sight.past_base import PastUnknown
from web.sight.past_view import past_view
from web.sight.site_view import Directory, directory, hall_ids, halls_view
from web.sight.speech import MS

router = Router()
_LONGEST_MS = 24 * 3600 * 1000


@router.get("/halls", response=answers(Halls))
def halls(request: HttpRequest) -> Halls:
    """Return the site and all halls, in the order of the configuration."""
    return halls_view(now_ns=time.time_ns())


@router.get("/halls/{hall}", response=answers(HallView, 404))
def hall(request: HttpRequest, hall: Path[HallId]) -> HallView:
    """Return one hall."""
    return _view(hall, time.time_ns())


@router.get("/halls/{hall}/graph", response=answers(Graph, 404))
def graph(request: HttpRequest, hall: Path[HallId]) -> Graph:
    """Return the hall's machine as a picture: places and paths, what is active, and what the last 30 days tell."""
    now_ns = time.time_ns()
    view = _view(hall, now_ns)
    return graph_view(view, recent_tally(view, now_ns=now_ns))


@router.get("/halls/{hall}/at", response=answers(HallView, 404, 409))
def at(request: HttpRequest, hall: Path[HallId], ms: Query[Moment]) -> HallView:
    """Return the hall as it was at that time: `replayed` is true. 409 when the log cannot tell it."""
    names = _names(hall)
    try:
        return hall_as_of(hall=hall, at_ns=min((ms + 1) * MS - 1, time.time_ns()), names=names)
    except PastUnknown as unknown:
        raise _untold(unknown, names) from None


@router.get("/halls/{hall}/past", response=answers(Past, 400, 404, 409))
def past(request: HttpRequest, hall: Path[HallId], from_ms: Query[Moment], to_ms: Query[Moment]) -> Past:
    """Return lanes over a stretch of at most 24 hours: states, sessions, sync offsets, alarms."""
    if not from_ms < to_ms <= from_ms + _LONGEST_MS:
        raise Refused(400, "Ask for a stretch of the past that ends after it begins and lasts at most 24 hours.")
    names = _names(hall)
    try:
        return past_view(hall=hall, from_ns=from_ms * MS, to_ns=min(to_ms * MS, time.time_ns()), speech=names.speech)
    except PastUnknown as unknown:
        raise _untold(unknown, names) from None


def _view(hall: str, now_ns: int) -> HallView:
    found = halls_view(now_ns=now_ns, halls=[hall]).halls
    if not found:
        raise no_such_hall(hall)
    return found[0]


def _names(hall: str) -> Directory:
    names = directory()
    if hall not in names.halls and hall not in hall_ids():
        raise no_such_hall(hall)
    return names


def _untold(unknown: PastUnknown, names: Directory) -> Refused:
    words = names.speech.say(str(unknown), time.time_ns())
    return Refused(404, words, "before_the_log") if unknown.before_all else Refused(409, words, "not_replayable")


def no_such_hall(hall: str) -> Refused:
    """Return the refusal of a hall that is not here; it names those that are."""
    known = ", ".join(hall_ids()) or "none yet"
    return Refused(404, f"There is no hall {hall} here; there are {known}.")
