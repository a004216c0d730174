# SPDX-License-Identifier: Apache-2.0
"""A hall as it was: the nearest value before, and its rows folded on through the machines. Every row is verified."""

from adapters.store.selectors_past import last_change_before, stretch
from statemachines.now import Now
from statemachines.record import Record
from statemachines.replay import Divergence, Fold
from web.api.shapes.hall import HallView
from web.sight.hall_view import Beside, hall_view
from web.sight.past_base import Base, PastUnknown, base_before
from web.sight.site_view import Directory

MOST_ROWS = 20_000
"""A fold longer than this would keep everybody waiting; waypoints are ten minutes apart."""


def hall_as_of(*, hall: str, at_ns: int, names: Directory) -> HallView:
    """Return the hall as it was at that time (≤ 5 queries).

    Raises:
        PastUnknown: it cannot be told.
    """
    base = base_before(hall=hall, at_ns=at_ns)
    rows = stretch(hall=hall, after_seq=base.log_seq, until_ns=at_ns, most=MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise PastUnknown(f"No waypoint of {hall} is near enough: replay its log with projectionist replay.")
    now = folded(base, rows)
    log_seq = rows[-1].log_seq if rows else base.log_seq
    beside = Beside(
        name=names.name(hall),
        servers=names.servers(hall),
        log_seq=log_seq,
        last_change=last_change_before(hall=hall, at_ns=at_ns, log_seq=log_seq),
        replayed=True,
    )
    return hall_view(now, beside, names.speech, at_ns)


def folded(base: Base, rows: list[Record]) -> Now:
    """Fold rows on from a base. Pure.

    Raises:
        PastUnknown: the rows do not lead where they say, or some are missing by the log's own word.
    """
    begun = base.now()
    if not rows:
        return begun
    fold = Fold()
    try:
        if base.log_seq:
            fold.start(base.hall, base.log_seq, rows[0].prev, base.text)
        for row in rows:
            fold.row(row)
    except Divergence as differs:
        raise PastUnknown(
            f"The machines of this version decide otherwise: {differs}. Replay it with the one that wrote it."
        ) from None
    now = fold.now(base.hall)
    if now is None:
        raise PastUnknown(f"Rows of {base.hall} are missing here: the log could not be written then.")
    return now
