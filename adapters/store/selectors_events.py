# SPDX-License-Identifier: Apache-2.0
"""Reading the log in pages, newest first or onward from a position."""

from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet

from adapters.store.models import EventRow
from adapters.store.rows import READ, from_row
from statemachines.record import Record
from statemachines.words import Verdict

SCAN_MOST = 200_000
"""A page whose filter no index serves looks through so many positions, and says where to go on."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows; what is empty is not asked about."""

    hall: str = ""
    kind: str = ""
    verdict: str = ""
    subject: str = ""

    @property
    def is_indexed(self) -> bool:
        """Say whether an index leads to such rows, so that none between them are read."""
        served = self.hall and self.verdict == Verdict.TRANSITION
        return bool(served) or not (self.kind or self.verdict or self.subject)

    def rows(self) -> QuerySet[EventRow]:
        named = {"stream": self.hall, "kind": self.kind, "verdict": self.verdict, "subject": self.subject}
        return EventRow.objects.filter(**{name: value for name, value in named.items() if value})


class Page(NamedTuple):
    """Rows, and the cursor of the page that follows; None when there is none."""

    records: list[Record]
    next: int | None


def page_after(*, wanted: Wanted, after: int, limit: int, newest: int) -> Page:
    """Return rows behind position `after`, oldest first; `newest` is the log's newest position."""
    end = newest if wanted.is_indexed else min(newest, after + SCAN_MOST)
    rows = wanted.rows().filter(pos__gt=after, pos__lte=end)
    found = _read(rows.order_by("log_seq" if wanted.hall else "pos"), limit)
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].pos)
    return Page(found, end if end < newest else None)


def page_before(*, wanted: Wanted, before: int, limit: int) -> Page:
    """Return rows ahead of position `before`, newest first."""
    start = 0 if wanted.is_indexed else max(before - SCAN_MOST, 0)
    rows = wanted.rows().filter(pos__lt=before, pos__gte=start)
    found = _read(rows.order_by("-log_seq" if wanted.hall else "-pos"), limit)
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].pos)
    return Page(found, start if start > 1 else None)


def _read(rows: QuerySet[EventRow], limit: int) -> list[Record]:
    return [from_row(values) for values in rows.values_list(*READ)[: limit + 1]]
