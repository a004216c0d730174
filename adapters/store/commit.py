# SPDX-License-Identifier: Apache-2.0
"""One group commit: rows, the values after them, heartbeats. Raw SQL, for it is the log's hot path."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from adapters.store.backlog import Waiting
from adapters.store.models import EventRow
from adapters.store.postgresql.address import on_server
from adapters.store.router import LOG
from adapters.store.rows import COLUMNS, to_row
from adapters.store.waypoints import INSERT as _WAYPOINT
from adapters.store.waypoints import Waypoints
from statemachines.history import is_of_hall
from statemachines.record import Record

_say = structlog.get_logger(__name__)
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_PLACES = ", ".join(["%s"] * len(COLUMNS))
_INSERT = f"INSERT INTO event ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 the names are constants of ours
_INTO_NOW = "INSERT INTO hall_now (hall, value, log_seq, at_ns, heartbeat_ns)"
_NEWER = "ON CONFLICT (hall) DO UPDATE SET value = excluded.value, log_seq = excluded.log_seq, at_ns = excluded.at_ns"


class _Statement(NamedTuple):
    """One change, with rows of values for `names`: `each` runs once a row; `all` takes them together, as JSON.

    A server's answer to each of a thousand rows would take longer than the change itself.
    """

    names: Sequence[str]
    each: str
    all: str

    def run(self, rows: Sequence[Sequence[Any]]) -> None:
        """Inside a transaction of `log`."""
        with connections[LOG].cursor() as cursor:
            if on_server():
                together = [dict(zip(self.names, row, strict=True)) for row in rows]
                cursor.execute(self.all, (msgspec.json.encode(together).decode(),))
            else:
                cursor.executemany(self.each, rows)


_UPSERT = _Statement(
    ("hall", "value", "log_seq", "at_ns", "heartbeat_ns"),
    f"{_INTO_NOW} VALUES (%s, %s, %s, %s, %s) {_NEWER}",
    f"{_INTO_NOW} SELECT hall, value, log_seq, at_ns, heartbeat_ns FROM json_to_recordset(%s) AS given "  # noqa: S608
    f"(hall text, value text, log_seq bigint, at_ns bigint, heartbeat_ns bigint) {_NEWER}",
)
_INTO_VALUES = "INSERT INTO value_now (stream, subject, value, log_seq, at_ns)"
_NEWER_VALUE = (
    "ON CONFLICT (stream, subject) DO UPDATE "
    "SET value = excluded.value, log_seq = excluded.log_seq, at_ns = excluded.at_ns"
)
_UPSERT_VALUE = _Statement(
    ("stream", "subject", "value", "log_seq", "at_ns"),
    f"{_INTO_VALUES} VALUES (%s, %s, %s, %s, %s) {_NEWER_VALUE}",
    f"{_INTO_VALUES} SELECT stream, subject, value, log_seq, at_ns FROM json_to_recordset(%s) AS given "  # noqa: S608
    f"(stream text, subject text, value text, log_seq bigint, at_ns bigint) {_NEWER_VALUE}",
)
_BEAT = _Statement(
    ("at", "figures", "hall"),
    "UPDATE hall_now SET heartbeat_ns = %s, figures = %s WHERE hall = %s",
    "UPDATE hall_now SET heartbeat_ns = given.at, figures = given.figures "
    "FROM json_to_recordset(%s) AS given (at bigint, figures text, hall text) WHERE hall_now.hall = given.hall",
)
_RUNTIME_BEAT = (
    "INSERT INTO runtime_now (id, at_ns, figures) VALUES (1, %s, %s) "
    "ON CONFLICT (id) DO UPDATE SET at_ns = excluded.at_ns, figures = excluded.figures"
)

RUNTIME = ""
"""The runtime's own place among the beats; no hall has this id."""


class Beat(NamedTuple):
    """That a hall, or the runtime, is alive at `at_ns`, and its figures (JSON)."""

    at_ns: int
    figures: str


def insert_records(records: Sequence[Record], recorded_ns: int) -> None:
    """Insert rows in this order. Inside a transaction of `log`."""
    rows = [to_row(record, recorded_ns) for record in records]
    if on_server():
        from adapters.store.postgresql.append import append_rows  # late: psycopg is not loaded where nobody needs it

        append_rows(rows)
        return
    with connections[LOG].cursor() as cursor:
        cursor.executemany(_INSERT, rows)


def commit_group(group: Sequence[Waiting], beats: Mapping[str, Beat], recorded_ns: int, waypoints: Waypoints) -> None:
    """Make all of it durable, or nothing. `beats` by hall; RUNTIME's is the runtime's own.

    Raises:
        django.db.Error: nothing was stored, or (an error of the commit itself) it is unknown: see `unstored`.
    """
    valued = [waiting for waiting in group if waiting.value is not None]
    newest = {waiting.record.stream: waiting for waiting in valued if is_of_hall(waiting.record.subject)}
    others = {_own(waiting.record): waiting for waiting in valued if not is_of_hall(waiting.record.subject)}
    points = waypoints.due(newest)
    with transaction.atomic(using=LOG), connections[LOG].cursor() as cursor:
        if group:
            insert_records([waiting.record for waiting in group], recorded_ns)
        if newest:
            _UPSERT.run([_now_row(waiting) for waiting in newest.values()])
        if others:
            _UPSERT_VALUE.run([_value_row(waiting) for waiting in others.values()])
        if points:
            cursor.executemany(_WAYPOINT, points)
        if beats:
            _show_life(cursor, beats)
    waypoints.made(points)


def _own(record: Record) -> tuple[str, str]:
    return record.stream, record.subject


def _value_row(waiting: Waiting) -> tuple[str, str, str, int, int]:
    record, value = waiting
    return record.stream, record.subject, (value or b"").decode(), record.log_seq, record.at_ns


def _now_row(waiting: Waiting) -> tuple[str, str, int, int, int]:
    record, value = waiting
    return record.stream, (value or b"").decode(), record.log_seq, record.at_ns, record.at_ns


def _show_life(cursor: CursorWrapper, beats: Mapping[str, Beat]) -> None:
    halls = [(beat.at_ns, beat.figures, hall) for hall, beat in beats.items() if hall != RUNTIME]
    if halls:
        _BEAT.run(halls)
    if RUNTIME in beats:
        cursor.execute(_RUNTIME_BEAT, beats[RUNTIME])


def unstored(group: Sequence[Waiting]) -> list[Waiting]:
    """Return what a failed commit has still to store, such that it can be stored.

    A commit may have succeeded although its answer was an error: rows found in the log are left out. A
    request id that another row has is taken off its row (it is outside the digest): the log acts upon a
    request once, and one repeated id must not keep all later rows out.
    """
    rows = EventRow.objects.using("log")
    numbers = [w.record.log_seq for w in group]
    found = rows.filter(stream__in={w.record.stream for w in group}, log_seq__in=numbers)
    stored = set(found.values_list("digest", flat=True))
    left = [waiting for waiting in group if waiting.record.digest not in stored]
    asked = [w.record.request for w in left if w.record.request]
    seen = set(rows.filter(request__in=asked).values_list("request", flat=True))
    return [_with_own_request(waiting, seen) for waiting in left]


def _with_own_request(waiting: Waiting, seen: set[str | None]) -> Waiting:
    record = waiting.record
    if not record.request:
        return waiting
    if record.request not in seen:
        seen.add(record.request)
        return waiting
    _say.warning("request_repeated", hall=record.stream, log_seq=record.log_seq, request=record.request)
    return waiting._replace(record=msgspec.structs.replace(record, request=""))
