# SPDX-License-Identifier: Apache-2.0
"""iCalendar: a show an event. Its place is the hall, its summary the title; lines `gauge: 35` may follow below.

Events are counted from 1 as they stand in the file; cancelled ones are passed over.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from adapters.store.errors import ShowRefused
from adapters.store.show_files.raw import ROWS_MOST, RawShow

_KEYS = ("gauge", "feet", "start", "cues")


def read_calendar(data: bytes) -> list[RawShow]:
    """Read an iCalendar file.

    Raises:
        ShowRefused: it is no calendar, or has too many events.
    """
    try:
        calendars = Calendar.from_ical(data.decode("utf-8-sig"), multiple=True)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as wrong:  # what the library raises
        words = next(iter(str(wrong).splitlines()), "it cannot be read")
        raise ShowRefused(f"the file is no iCalendar: {words}") from wrong
    if not calendars:
        raise ShowRefused("the file is no iCalendar: it has no BEGIN:VCALENDAR")
    if len(events) > ROWS_MOST:
        raise ShowRefused(f"a file has at most {ROWS_MOST} shows")
    return list(_rows(events))


def _rows(events: list[Any]) -> Iterator[RawShow]:
    for number, event in enumerate(events, 1):
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield _row(number, event)


def _row(number: int, event: Any) -> RawShow:
    words = {key: str(event.get(key, "")).strip() for key in ("LOCATION", "SUMMARY", "DESCRIPTION")}
    told = dict(_told(words["DESCRIPTION"]))
    starts, problems = _starts(event)
    if event.get("RRULE") or event.get("RDATE"):
        problems = (*problems, "it repeats: write each show as an event of its own")
    return RawShow(
        number=number, hall=words["LOCATION"], title=words["SUMMARY"], starts=starts, problems=problems, **told
    )


def _starts(event: Any) -> tuple[datetime | None, tuple[str, ...]]:
    try:
        when = getattr(event.get("DTSTART"), "dt", None)
    except BrokenCalendarProperty:
        when = None
    if isinstance(when, datetime):
        return when, ()
    if isinstance(when, date):
        return None, (f"it is on {when:%d %b %Y} all day: give it a time",)
    return None, ("it has no start that can be read",)


def _told(description: str) -> Iterator[tuple[str, str]]:
    for line in description.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() in _KEYS:
            yield key.strip().lower(), value.strip()
