# SPDX-License-Identifier: Apache-2.0
"""Reading shows from the log: those of a hall, newest first, and one by the position at which it began."""

from collections import deque
from collections.abc import Iterable
from itertools import dropwhile

from adapters.store.selectors_report import changes_after, changes_before, row_at
from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import State, Verdict
from web.watch.spans import Span, after, spans, starts_clean

_CHUNK = 128
_MOST = 4096
"""Changes of state that are read for one answer: a month of a busy hall."""


def hall_shows(*, hall: str, before: int | None, limit: int) -> list[Span]:
    """Return a hall's shows that began before that position, newest first."""
    rows = deque[Record]()
    found: list[Span] = []
    pos = before
    while len(rows) < _MOST and len(found) < limit:
        chunk = changes_before(hall=hall, pos=pos, limit=_CHUNK)
        rows.extendleft(chunk)
        if len(chunk) < _CHUNK:
            found = spans(rows)
            break
        found = spans(_from_clean(rows))
        pos = chunk[-1].pos
    if before is not None and found:  # what follows on the last of them was not read
        found[-1] = _completed(hall, found[-1])
    return found[::-1][:limit]


def show_begun_at(*, pos: int) -> Span | None:
    """Return the show that began with the row of that position; None when none did."""
    row = row_at(pos=pos)
    if row is None or row.subject != HALL or row.verdict != Verdict.TRANSITION or after(row) is not State.PROJECTING:
        return None
    rows = deque([row])
    while not starts_clean(rows[0]) and len(rows) < _MOST:
        chunk = changes_before(hall=row.stream, pos=rows[0].pos, limit=_CHUNK)
        if not chunk:
            break
        rows.extendleft(chunk)
    found = next((span for span in spans(_from_clean(rows) or rows) if span.begun.pos == pos), None)
    return None if found is None else _completed(row.stream, found)


def _from_clean(rows: Iterable[Record]) -> list[Record]:
    """Leave out the first rows as long as a show that began before them may be running."""
    return list(dropwhile(lambda row: not starts_clean(row), rows))


def _completed(hall: str, span: Span) -> Span:
    """Return the show with all that belongs to it."""
    rows = [*span.lead, span.begun]
    while span.closed is None and len(rows) < _MOST:
        chunk = changes_after(hall=hall, log_seq=rows[-1].log_seq, limit=_CHUNK)
        rows += chunk
        span = next(each for each in spans(rows) if each.begun.pos == span.begun.pos)
        if len(chunk) < _CHUNK:
            break
    return span
