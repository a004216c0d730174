# SPDX-License-Identifier: Apache-2.0
"""Reading the site and its halls as they are now, with a number of queries that does not grow with the halls."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec

from adapters.store.directory import hall_entries, site_entry
from adapters.store.models import HallEntry, HallNow, RuntimeNow, SiteEntry
from adapters.store.selectors import halls_now, value_of
from adapters.store.selectors_now import last_changes, newest_pos, runtime_now, some_halls_now
from statemachines.hall import new_hall
from statemachines.now import Now
from statemachines.record import Record
from statemachines.settings import Settings
from statemachines.words import Role
from web.api.shapes.hall import Halls, HallView
from web.api.shapes.site import RuntimeState, Site
from web.sight.hall_view import Beside, hall_view, is_live
from web.sight.speech import Speech, ms, ms_or_none

_VERSION = version("projectionist")
_NEVER_READ = "Nothing is known of this hall yet"
_OTHER_VERSION = "Unreadable: another version of the controller wrote it"


@dataclass(frozen=True, kw_only=True)
class Directory:
    """What people call things. Without any configuration told, ids are their names."""

    site: SiteEntry
    halls: Mapping[str, HallEntry]

    @property
    def speech(self) -> Speech:
        return Speech(self.site.zone)

    def name(self, hall: str) -> str:
        return self.halls[hall].name if hall in self.halls else hall

    def servers(self, hall: str) -> dict[Role, str]:
        entry = self.halls.get(hall)
        return {} if entry is None else {Role.PROJECTION: entry.projection, Role.SOUND: entry.sound}

    def shown(self, known: Collection[str]) -> list[str]:
        """Return the ids of the halls to show, in order: those of the configuration, or else those of the log."""
        return list(self.halls) or sorted(known)


def directory() -> Directory:
    """Read what people call things (two queries)."""
    return Directory(site=site_entry(), halls={entry.id: entry for entry in hall_entries()})


def site_view(*, now_ns: int) -> Site:
    """Return the site (three queries)."""
    return _site(site_entry(), runtime_now(), newest_pos(), now_ns)


def halls_view(*, now_ns: int, halls: Collection[str] | None = None) -> Halls:
    """Return the site and its halls, or those of them that are named (six queries).

    The position is read first: what the halls show is at least as new.
    """
    names = directory()
    site = _site(names.site, runtime_now(), newest_pos(), now_ns)
    rows = {row.hall: row for row in (halls_now() if halls is None else some_halls_now(halls=halls))}
    changes = last_changes(halls=halls)
    shown = [hall for hall in names.shown(rows) if halls is None or hall in halls]
    return Halls(site=site, halls=_views(names, shown, rows, changes, now_ns))


def _site(entry: SiteEntry, runtime: RuntimeNow | None, pos: int, now_ns: int) -> Site:
    beat_ns = runtime.at_ns if runtime else 0
    return Site(
        id=entry.id,
        name=entry.name,
        version=_VERSION,
        zone=entry.zone,
        now_ms=ms(now_ns),
        pos=pos,
        runtime=_runtime_state(beat_ns, now_ns),
        beat_ms=ms_or_none(beat_ns),
    )


def _runtime_state(beat_ns: int, now_ns: int) -> RuntimeState:
    if not beat_ns:
        return RuntimeState.NEVER
    return RuntimeState.LIVE if is_live(beat_ns, now_ns) else RuntimeState.DEAD


def _views(
    names: Directory, shown: Sequence[str], rows: Mapping[str, HallNow], changes: Mapping[str, Record], now_ns: int
) -> list[HallView]:
    speech = names.speech
    views = []
    for hall in shown:
        row = rows.get(hall)
        now, unknown = _value(hall, row)
        beside = Beside(
            name=names.name(hall),
            servers=names.servers(hall),
            round_trip_us=round_trips_us(row.figures) if row else {},
            beat_ns=row.heartbeat_ns if row else 0,
            log_seq=row.log_seq if row else 0,
            last_change=changes.get(hall),
            unknown=unknown,
        )
        views.append(hall_view(now, beside, speech, now_ns))
    return views


def _value(hall: str, row: HallNow | None) -> tuple[Now, str]:
    """Return a hall's value, and in words why nothing is known of it."""
    nothing = Now(hall=new_hall(hall, Settings()))
    if row is None:
        return nothing, _NEVER_READ
    now = value_of(row)
    return (now, "") if now is not None else (nothing, _OTHER_VERSION)


def round_trips_us(figures: str) -> dict[Role, int]:
    """Return each session's round trip in µs from a hall's figures, where one is known."""
    told: dict[str, Any] = msgspec.json.decode(figures).get("round_trip_us", {})
    return {Role(role): us for role, us in told.items() if us is not None}


def hall_ids() -> list[str]:
    """Return the ids of the halls that are shown, in order (two queries)."""
    names = directory()
    return names.shown(names.halls or [row.hall for row in halls_now()])
