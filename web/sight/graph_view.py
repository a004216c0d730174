# SPDX-License-Identifier: Apache-2.0
"""A hall's machine as a picture, with what the log of the last days tells of each state and way."""

from dataclasses import dataclass

from django.db import connections

from adapters.store.selectors_past import changes_since, waypoint_before
from statemachines.words import State
from web.api.shapes.graph import Graph, Move, StatePlace
from web.api.shapes.hall import HallView
from web.sight.dwell import Change, Tallied, tallied
from web.sight.layout import HEIGHT, PLACES, WIDTH, path
from web.sight.machine import edges, moves
from web.sight.speech import ms, ms_or_none

WINDOW_NS = 30 * 24 * 3600 * 1_000_000_000
_KEPT_NS = 60_000_000_000
"""For so long a tally is good; a change of the hall's state ends it at once."""


def graph_view(hall: HallView, tally: Tallied) -> Graph:
    """Return the picture of a hall that was read as a view. Pure."""
    roles = tuple(session.role for session in hall.sessions)
    known = moves()
    return Graph(
        hall=hall.id,
        width=WIDTH,
        height=HEIGHT,
        window_ms=ms(WINDOW_NS),
        active=hall.state,
        since_ms=hall.since_ms,
        deadline=hall.deadline,
        last_edge=hall.last_edge,
        states=[_place(state, tally) for state in State],
        moves=[
            Move(
                source=source,
                dest=dest,
                path=path(source, dest, both_ways=(dest, source) in known),
                to_fault=dest is State.FAULT,
                triggers=triggers,
                count=tally.moves[source, dest],
                last_ms=ms_or_none(tally.last_ns.get((source, dest), 0)),
            )
            for (source, dest), triggers in known.items()
        ],
        edges=list(edges(roles)),
        can=hall.can,
    )


def _place(state: State, tally: Tallied) -> StatePlace:
    box = PLACES[state]
    return StatePlace(
        name=state,
        title=state.capitalize(),
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        count=tally.entered[state],
        dwell=tally.dwell(state),
    )


@dataclass(frozen=True)
class _Kept:
    log: str
    changed_ms: int
    made_ns: int
    tally: Tallied


_kept: dict[str, _Kept] = {}


def recent_tally(hall: HallView, *, now_ns: int) -> Tallied:
    """Return what the last 30 days of a hall come to (two queries; none while the last tally is good)."""
    log = str(connections["log"].settings_dict["NAME"])
    changed_ms = hall.last_edge.at_ms if hall.last_edge else hall.since_ms
    kept = _kept.get(hall.id)
    if kept and (kept.log, kept.changed_ms) == (log, changed_ms) and now_ns - kept.made_ns < _KEPT_NS:
        return kept.tally
    since_ns = max(now_ns - WINDOW_NS, 0)
    waypoint = waypoint_before(hall=hall.id, at_ns=since_ns)
    rows = changes_since(hall=hall.id, log_seq=waypoint.log_seq if waypoint else 0, at_ns=since_ns)
    tally = tallied(Change(at_ns, edge) for at_ns, edge in rows)
    _kept[hall.id] = _Kept(log, changed_ms, now_ns, tally)
    return tally
