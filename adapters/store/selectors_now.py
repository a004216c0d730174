# SPDX-License-Identifier: Apache-2.0
"""Reading what is now, for those who show it: each function is one query, however many halls there are."""

from collections.abc import Collection

from django.db.models import OuterRef, Subquery

from adapters.store.models import EventRow, HallNow, RuntimeNow
from adapters.store.rows import READ, from_row
from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Verdict


def newest_pos() -> int:
    """Return the position of the log's newest row, 0 in an empty log."""
    return EventRow.objects.order_by("-pos").values_list("pos", flat=True).first() or 0


def runtime_now() -> RuntimeNow | None:
    """Return what the runtime last told of itself; None where none has run."""
    return RuntimeNow.objects.first()


def some_halls_now(*, halls: Collection[str]) -> list[HallNow]:
    """Return the newest committed values of these halls, by hall."""
    return list(HallNow.objects.filter(hall__in=halls).order_by("hall"))


def last_changes(*, halls: Collection[str] | None = None) -> dict[str, Record]:
    """Return by hall the row that last changed its state; all halls, or those named. A pruned one is left out.

    One seek for each hall, in the index that holds transitions alone.
    """
    newest = EventRow.objects.filter(stream=OuterRef("hall"), verdict=Verdict.TRANSITION, subject=HALL)
    asked = HallNow.objects.all() if halls is None else HallNow.objects.filter(hall__in=halls)
    found = asked.annotate(changed=Subquery(newest.order_by("-log_seq").values("pos")[:1])).values("changed")
    rows = EventRow.objects.filter(pos__in=found).values_list(*READ)
    return {record.stream: record for record in map(from_row, rows)}
