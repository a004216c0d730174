# SPDX-License-Identifier: Apache-2.0
"""Reports as pages, to read and to print. Whoever is not logged in is sent to do so."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from web.sight.site_view import directory, hall_ids
from web.watch.report import report, report_lines
from web.watch.spelling import line_spelled, report_spelled

_SHOWN = 10


@require_safe
@login_required
def reports_page(request: HttpRequest) -> HttpResponse:
    """List the newest shows of every hall."""
    names = directory()
    halls = [
        {
            "name": names.name(hall),
            "shows": [
                line_spelled(each, names.speech)
                for each in report_lines(names=names, hall=hall, before=None, limit=_SHOWN)
            ],
        }
        for hall in hall_ids()
    ]
    return render(request, "watch/reports.html", {"site": names.site.name, "halls": halls})


@require_safe
@login_required
def report_page(request: HttpRequest, pos: int) -> HttpResponse:
    """Show one report. Raises Http404 where no show began at that position."""
    found = report(pos=pos) if pos < 2**53 else None
    if found is None:
        raise Http404(f"No show began at position {pos}.")
    names = directory()
    return render(
        request, "watch/report.html", {"site": names.site.name, "report": report_spelled(found, names.speech)}
    )
