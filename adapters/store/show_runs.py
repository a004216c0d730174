# SPDX-License-Identifier: Apache-2.0
"""What became of shows: read from the log, where each beginning and end is written down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from adapters.store.models import EventRow, ShowEntry
from statemachines.settings import Timings
from statemachines.words import Verdict

_DAY_NS = 86_400_000_000_000
_LATE_NS = Timings().show_late


class ShowState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    LATE = "late"


@dataclass(frozen=True)
class Run:
    """When a show began, and when it ended if it did."""

    began_ns: int
    ended_ns: int | None = None


def runs(*, from_ns: int, to_ns: int) -> dict[str, Run]:
    """Return the shows that began between two moments, by id; one query."""
    rows = EventRow.objects.filter(verdict=Verdict.TRANSITION, at_ns__gte=from_ns, at_ns__lte=to_ns)
    noted = rows.filter(effects__contains='"note_show"').order_by("pos").values_list("at_ns", "effects")
    found: dict[str, Run] = {}
    for at_ns, effects in noted:
        for effect in msgspec.json.decode(effects):
            if effect["do"] != "note_show":
                continue
            show = effect["show"]
            if effect["stage"] == "began":
                found[show] = Run(at_ns)
            elif show in found:
                found[show] = Run(found[show].began_ns, at_ns)
    return found


def runs_of(shows: Iterable[ShowEntry]) -> dict[str, Run]:
    """Return what became of these shows: a show begins within a day of its time, and ends within another."""
    starts = [show.starts_ns for show in shows]
    return runs(from_ns=min(starts) - _DAY_NS, to_ns=max(starts) + 2 * _DAY_NS) if starts else {}


def state_of(show: ShowEntry, known: Mapping[str, Run], now_ns: int) -> ShowState:
    """Return how it stands with a show at `now_ns`."""
    run = known.get(str(show.id))
    if run is not None:
        return ShowState.RUNNING if run.ended_ns is None else ShowState.DONE
    if show.cancelled_ns is not None:
        return ShowState.CANCELLED
    return ShowState.LATE if now_ns >= show.starts_ns + _LATE_NS else ShowState.PLANNED
