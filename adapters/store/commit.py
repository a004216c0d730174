# SPDX-License-Identifier: Apache-2.0
"""One group commit: rows, the halls' values after them, heartbeats. Raw SQL, for it is the log's hot path."""

from collections.abc import Mapping, Sequence

import msgspec
import structlog
from django.db import connections, transaction

from adapters.store.backlog import Waiting
from adapters.store.models import EventRow
from adapters.store.rows import COLUMNS, to_row
from statemachines.record import Record

_say = structlog.get_logger(__name__)
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
_PLACES = ", ".join(["%s"] * len(COLUMNS))
_INSERT = f"INSERT INTO event ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 the names are constants of ours
_UPSERT = (
    "INSERT INTO hall_now (hall, value, log_seq, at_ns, heartbeat_ns) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (hall) DO UPDATE "
    "SET value = excluded.value, log_seq = excluded.log_seq, at_ns = excluded.at_ns"
)
_BEAT = "UPDATE hall_now SET heartbeat_ns = %s WHERE hall = %s"


def insert_records(records: Sequence[Record], recorded_ns: int) -> None:
    """Insert rows in this order. Inside a transaction of `log`."""
    with connections["log"].cursor() as cursor:
        cursor.executemany(_INSERT, [to_row(record, recorded_ns) for record in records])


def commit_group(group: Sequence[Waiting], heartbeats: Mapping[str, int], recorded_ns: int) -> None:
    """Make all of it durable, or nothing.

    Raises:
        django.db.Error: nothing was stored, or (an error of the commit itself) it is unknown: see `unstored`.
    """
    values = {record.stream: (record, value) for record, value in group if value is not None}
    now = [(hall, v.decode(), r.log_seq, r.at_ns, r.at_ns) for hall, (r, v) in values.items()]
    with transaction.atomic(using="log"), connections["log"].cursor() as cursor:
        if group:
            insert_records([waiting.record for waiting in group], recorded_ns)
        if now:
            cursor.executemany(_UPSERT, now)
        if heartbeats:
            cursor.executemany(_BEAT, [(at_ns, hall) for hall, at_ns in heartbeats.items()])


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
