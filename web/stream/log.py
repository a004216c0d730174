# SPDX-License-Identifier: Apache-2.0
"""What the hub reads from the store. Everything here blocks, and runs on the hub's threads."""

import time
from collections.abc import Collection

from adapters.store.selectors import halls_now, records
from adapters.store.selectors_now import newest_pos
from adapters.store.selectors_stream import has_grown, may_be_pruned
from adapters.store.trouble import read_again
from web.accounts.auth import Caller, still_holds
from web.accounts.scopes import Scope
from web.sight.event_view import event_view
from web.sight.hall_view import is_live
from web.sight.site_view import directory, halls_view, round_trips_us, site_view
from web.sight.speech import ms_or_none
from web.stream.hub import Start
from web.stream.said import Batch, Beat, Part, Picture
from web.stream.shapes import HallBeat

MOST_ROWS = 500
"""In one batch."""
MOST_BEHIND = 10_000
"""Positions that are read back for one viewer; whoever is further behind reads /events."""


class LogSource:
    """The store of this process's site, as the hub wants it."""

    @read_again
    def newest(self) -> int:
        return newest_pos()

    @read_again
    def start(self, cursor: int) -> Start:
        """Return from where a viewer goes on who has everything up to `cursor`."""
        newest = newest_pos()
        if not newest - MOST_BEHIND <= cursor <= newest:  # too far behind, or of another log
            return Start(newest, gap=True)
        return Start(cursor, gap=may_be_pruned(after=cursor))

    @read_again
    def batch(self, after: int, upto: int | None = None) -> Batch | None:
        if not has_grown(after=after):
            return None
        rows = list(records(after_pos=after, limit=MOST_ROWS))
        full = len(rows) == MOST_ROWS
        rows = [row for row in rows if upto is None or row.pos <= upto]
        if not rows:
            return None
        speech = directory().speech
        changed = halls_view(now_ns=time.time_ns(), halls={row.stream for row in rows}).halls
        return Batch(
            last=rows[-1].pos,
            events=tuple(Part(row.stream, event_view(row, speech).model_dump_json().encode()) for row in rows),
            halls=tuple(Part(hall.id, hall.model_dump_json().encode()) for hall in changed),
            recorded_ns=rows[0].recorded_ns,
            full=full,
        )

    @read_again
    def picture(self, pos: int) -> Picture:
        seen = halls_view(now_ns=time.time_ns())
        return Picture(
            pos=pos,
            site=seen.site.model_dump_json().encode(),
            halls=tuple(Part(hall.id, hall.model_dump_json().encode()) for hall in seen.halls),
        )

    @read_again
    def beat(self) -> Beat:
        now_ns = time.time_ns()
        return Beat(
            site=site_view(now_ns=now_ns).model_dump_json().encode(),
            halls=tuple(
                Part(
                    row.hall,
                    HallBeat(
                        beat_ms=ms_or_none(row.heartbeat_ns),
                        live=is_live(row.heartbeat_ns, now_ns),
                        round_trip_us=round_trips_us(row.figures),
                    )
                    .model_dump_json()
                    .encode(),
                )
                for row in halls_now()
            ),
        )

    @read_again
    def no_longer_good(self, callers: Collection[Caller]) -> set[Caller]:
        return {caller for caller in callers if not still_holds(caller, Scope.VIEW)}
