# SPDX-License-Identifier: Apache-2.0
"""Reading what a hall went through, for those who tell of it afterwards."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
from django.db.models import QuerySet

from adapters.store.models import EventRow, ShowEntry
from adapters.store.rows import READ, from_row
from adapters.store.selectors_past import hall_changes
from adapters.store.show_draft import draft_of
from statemachines.history import state_in
from statemachines.record import Record

_CHUNK = 512


def row_at(*, pos: int) -> Record | None:
    """Return the row of that position."""
    found = EventRow.objects.filter(pos=pos).values_list(*READ).first()
    return from_row(found) if found else None


def changes_before(*, hall: str, pos: int | None, limit: int) -> list[Record]:
    """Return the rows that changed a hall's state before that position, newest first; None: the newest of all."""
    rows = hall_changes(hall=hall)
    rows = rows if pos is None else rows.filter(pos__lt=pos)
    return [from_row(row) for row in rows.order_by("-log_seq").values_list(*READ)[:limit]]


def changes_after(*, hall: str, log_seq: int, limit: int) -> list[Record]:
    """Return the rows that changed a hall's state after that one, oldest first."""
    rows = hall_changes(hall=hall).filter(log_seq__gt=log_seq).order_by("log_seq")
    return [from_row(row) for row in rows.values_list(*READ)[:limit]]


def titles_of(*, shows: Collection[str]) -> dict[str, str]:
    """Return the titles of planned shows by id, of those that are still in the schedule."""
    if not shows:
        return {}
    entries = ShowEntry.objects.filter(id__in=shows).select_related("print")
    return {str(entry.id): draft_of(entry).programme[0] for entry in entries}


def rows_between(*, hall: str, first: int, last: int | None, but: Collection[str]) -> Iterator[Record]:
    """Yield a hall's rows from one number to another (None: to the newest), without those of the kinds in `but`."""
    rows = _stretch(hall, last).exclude(kind__in=but)
    for values in _in_chunks(rows, first, READ):
        yield from_row(values)


def timecodes_between(*, hall: str, first: int, last: int | None) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Yield (state word before, source, payload) of a hall's timecode rows. They are many: nothing else is read."""
    rows = _stretch(hall, last).filter(kind="timecode_read")
    for _seq, before, source, payload in _in_chunks(rows, first, ("log_seq", "before", "source", "payload")):
        yield state_in(before), source, msgspec.json.decode(payload)


def _stretch(hall: str, last: int | None) -> QuerySet[EventRow]:
    rows = EventRow.objects.filter(stream=hall).order_by("log_seq")
    return rows if last is None else rows.filter(log_seq__lte=last)


def _in_chunks(rows: QuerySet[EventRow], first: int, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Yield rows from number `first` on, holding no more than 512 in memory and no lock."""
    place = columns.index("log_seq")
    while True:
        chunk = list(rows.filter(log_seq__gte=first).values_list(*columns)[:_CHUNK])
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        first = chunk[-1][place] + 1
