# SPDX-License-Identifier: Apache-2.0
"""Reports of shows."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Query, Router

from web.api.errors import Refused, answers
from web.api.halls import no_such_hall
from web.api.params import Cursor, HallId
from web.api.shapes.report import Report, Reports
from web.sight.site_view import directory, hall_ids
from web.watch.report import report, report_lines

router = Router()

Page = Annotated[int, Query(ge=1, le=100)]
Before = Annotated[Cursor | None, Query(description="shows that began before this position: `next` of a page")]


@router.get("/halls/{hall}/reports", response=answers(Reports, 404))
def reports(request: HttpRequest, hall: Path[HallId], before: Before = None, limit: Page = 20) -> Reports:
    """Return a hall's shows, newest first; one that goes on is among them."""
    if hall not in hall_ids():
        raise no_such_hall(hall)
    found = report_lines(names=directory(), hall=hall, before=before, limit=limit)
    return Reports(reports=found, next=found[-1].pos if len(found) == limit else None)


@router.get("/reports/{pos}", response=answers(Report, 404))
def one_report(request: HttpRequest, pos: Annotated[int, Path(ge=0, le=2**53)]) -> Report:
    """Return the report of the show that began at a position of the log."""
    found = report(pos=pos)
    if found is None:
        raise Refused(404, f"No show began at position {pos} of the log. The list of a hall's reports names each.")
    return found
