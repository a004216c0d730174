# SPDX-License-Identifier: Apache-2.0
"""Reading what was: waypoints, changes of state, and stretches of one hall's rows."""

from collections.abc import Iterator

from django.db.models import F, Min, QuerySet

from adapters.store.models import EventRow, Waypoint
from adapters.store.rows import READ, from_row
from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Verdict


def waypoint_before(*, hall: str, at_ns: int) -> Waypoint | None:
    """Return the hall's newest waypoint at or before that time."""
    return Waypoint.objects.filter(hall=hall, at_ns__lte=at_ns).order_by("-at_ns", "-log_seq").first()


def first_row_ns(*, hall: str) -> int | None:
    """Return the time of the hall's oldest row, None when it has none."""
    return EventRow.objects.filter(stream=hall).order_by("log_seq").values_list("at_ns", flat=True).first()


def hall_changes(*, hall: str) -> QuerySet[EventRow]:
    """Return the rows that changed the hall's own state, to be narrowed and put in order."""
    return EventRow.objects.filter(stream=hall, verdict=Verdict.TRANSITION, subject=HALL)


def changes_since(*, hall: str, log_seq: int, at_ns: int) -> list[tuple[int, str]]:
    """Return (at_ns, edge) of each change of the hall's state after that row and at or after that time."""
    rows = hall_changes(hall=hall).filter(log_seq__gt=log_seq, at_ns__gte=at_ns)
    return list(rows.order_by("log_seq").values_list("at_ns", "edge"))


def last_change_before(*, hall: str, at_ns: int, log_seq: int) -> Record | None:
    """Return the row that last changed the hall's state, among those up to this row and time."""
    rows = hall_changes(hall=hall).filter(log_seq__lte=log_seq, at_ns__lte=at_ns)
    found = rows.order_by("-log_seq").values_list(*READ)[:1]
    return from_row(found[0]) if found else None


def stretch(*, hall: str, after_seq: int, until_ns: int, most: int) -> list[Record]:
    """Return the hall's rows after that number and up to that time, at most so many, in order."""
    rows = EventRow.objects.filter(stream=hall, log_seq__gt=after_seq, at_ns__lte=until_ns).order_by("log_seq")
    return [from_row(values) for values in rows.values_list(*READ)[:most]]


def transitions_between(*, hall: str, after_seq: int, until_ns: int) -> Iterator[Record]:
    """Yield the rows after that number and up to that time that changed a state: the hall's or a session's."""
    rows = EventRow.objects.filter(stream=hall, log_seq__gt=after_seq, verdict=Verdict.TRANSITION)
    return map(from_row, rows.filter(at_ns__lte=until_ns).order_by("log_seq").values_list(*READ))


def alarm_rows(*, hall: str, after_seq: int, until_ns: int) -> Iterator[Record]:
    """Yield the rows after that number and up to that time by which an alarm was raised or returned."""
    rows = EventRow.objects.filter(stream=hall, log_seq__gt=after_seq, at_ns__lte=until_ns)
    told = rows.filter(effects__contains='_alarm"').order_by("log_seq").values_list(*READ)
    return map(from_row, told)


def timecodes(*, hall: str, after_seq: int, from_ns: int, until_ns: int, most: int) -> list[Record]:
    """Return the first timecode of each of `most` equal parts of that time."""
    part_ns = max((until_ns - from_ns) // most + 1, 1)
    rows = EventRow.objects.filter(
        stream=hall, log_seq__gt=after_seq, kind="timecode_read", at_ns__gte=from_ns, at_ns__lte=until_ns
    )
    first = rows.annotate(part=(F("at_ns") - from_ns) / part_ns).values("part").annotate(first=Min("pos"))
    found = EventRow.objects.filter(pos__in=first.values("first")).order_by("pos").values_list(*READ)
    return [from_row(values) for values in found]
