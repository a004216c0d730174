# SPDX-License-Identifier: Apache-2.0
"""One hall as people see it, from its value and what stands beside it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from statemachines.explain import outlook
from statemachines.hall import Hall
from statemachines.label import label
from statemachines.now import Now
from statemachines.record import Record
from statemachines.table import edge_named
from statemachines.words import Latch, Role, State
from web.api.shapes.hall import HallView, HoldView, LastEdge, NextShow
from web.api.shapes.outlook import OutlookView
from web.sight.alarm_view import alarm_views
from web.sight.deadline_view import deadline_view
from web.sight.film_view import film_view, projector_view, sound_view
from web.sight.session_view import session_view
from web.sight.speech import Speech, ms, ms_or_none

LIVE_NS = 5_000_000_000
"""A heartbeat that is older says that nobody keeps the hall."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a hall's value does not hold. `beat_ns` and `log_seq` are 0 where there is none.

    `unknown` says in words why the value tells nothing: then it is that of a hall that nobody has read yet.
    """

    name: str = ""
    servers: Mapping[Role, str] = field(default_factory=dict)
    round_trip_us: Mapping[Role, int] = field(default_factory=dict)
    beat_ns: int = 0
    log_seq: int = 0
    last_change: Record | None = None
    replayed: bool = False
    unknown: str = ""


def hall_view(now: Now, beside: Beside, speech: Speech, now_ns: int) -> HallView:
    """Return the hall as it is at `now_ns`: what can happen is judged as of then."""
    hall = now.hall
    return HallView(
        id=hall.id,
        name=beside.name or hall.id,
        state=hall.state,
        label=beside.unknown or speech.say(label(hall), hall.at_ns),
        since_ms=ms(hall.since_ns),
        at_ms=ms(hall.at_ns),
        log_seq=beside.log_seq,
        beat_ms=ms_or_none(beside.beat_ns),
        live=is_live(beside.beat_ns, now_ns),
        replayed=beside.replayed,
        recovered=hall.recovered,
        local=hall.projector.local,
        held=[HoldView(name=hold.name, reason=speech.say(hold.reason, hall.at_ns)) for hold in hall.holds],
        latched=latched(hall),
        deadline=deadline_view(hall),
        last_edge=last_edge(beside.last_change, speech),
        film=film_view(hall),
        projector=projector_view(hall),
        sound=sound_view(hall),
        sessions=[
            session_view(each, speech, beside.servers.get(each.role, ""), beside.round_trip_us.get(each.role))
            for each in now.sessions
        ],
        alarms=alarm_views(hall, speech),
        can=can(hall, speech, now_ns),
        next_show=next_show(hall),
    )


def is_live(beat_ns: int, now_ns: int) -> bool:
    """Tell whether a heartbeat is young enough to trust what is shown."""
    return beat_ns > 0 and now_ns - beat_ns < LIVE_NS


def latched(hall: Hall) -> list[Latch]:
    """Return what the hall's devices keep latched, each once."""
    return sorted({latch for role in hall.settings.roles for latch in hall.device(role).latched})


def next_show(hall: Hall) -> NextShow | None:
    """Return the show that is planned next, None when none is."""
    show = hall.next_show
    if show is None:
        return None
    return NextShow(
        id=show.id,
        title=show.title,
        starts_ms=ms(show.starts_ns),
        sessions_open_ms=ms(hall.show_opens_ns),
        start=show.start,
    )


def last_edge(row: Record | None, speech: Speech) -> LastEdge | None:
    """Return the edge that a row fired, None when the row is unknown."""
    if row is None:
        return None
    edge = edge_named(row.edge)
    return LastEdge(
        name=row.edge,
        trigger=edge.trigger,
        source=State(edge.source),
        dest=State(edge.dest),
        meaning=speech.say(row.reason, row.at_ns),
        at_ms=ms(row.at_ns),
    )


def can(hall: Hall, speech: Speech, now_ns: int) -> list[OutlookView]:
    """Return what each operator verb would come to at `now_ns`."""
    return [
        OutlookView(
            verb=each.verb,
            trigger=each.trigger,
            can_fire=each.can_fire,
            dest=each.dest,
            reason=speech.say(each.reason, now_ns),
        )
        for each in outlook(hall, now_ns)
    ]
