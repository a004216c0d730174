# SPDX-License-Identifier: Apache-2.0
"""Reading log and requests. Called from threads or synchronous code: Django refuses the event loop."""

from collections.abc import Iterator

from adapters.store.checkpoint import Checkpoint, LogItem
from adapters.store.models import CheckpointRow, EventRow, HallNow, OperatorRequest
from adapters.store.rows import READ, from_row
from adapters.store.verify import Head
from statemachines.history import WATCH
from statemachines.now import Now, NowUnreadable, now_from
from statemachines.record import Record

_CHUNK = 512
_STILL_TOLD_NS = 60_000_000_000


def stream_heads() -> dict[str, Head]:
    """Return the newest row of each stream, a checkpoint where no row is left."""
    heads = {item.stream: Head(item.log_seq, item.digest) for item in checkpoints()}
    for stream in _streams():
        row = EventRow.objects.filter(stream=stream).order_by("-log_seq").values_list("log_seq", "digest")[0]
        heads[stream] = Head(*row)
    return heads


def _streams() -> Iterator[str]:
    # One seek in the index for each stream; DISTINCT would read the whole index of a year's log.
    name = ""
    while found := EventRow.objects.filter(stream__gt=name).order_by("stream").values_list("stream")[:1]:
        name = found[0][0]
        yield name


def checkpoints(*, stream: str | None = None) -> list[Checkpoint]:
    """Return what prune left, by stream."""
    rows = CheckpointRow.objects.order_by("stream")
    names = Checkpoint.__struct_fields__
    found = rows.filter(stream=stream) if stream is not None else rows
    return [Checkpoint(**values) for values in found.values(*names)]


def records(*, stream: str | None = None, after_pos: int = 0, limit: int | None = None) -> Iterator[Record]:
    """Yield rows in commit order, at most `limit`, holding no more than 512 in memory and no lock.

    Raises:
        LogMalformed: a row that is no record; it is named.
    """
    rows = EventRow.objects.order_by("pos")
    if stream is not None:
        rows = rows.filter(stream=stream)
    left = limit
    while left is None or left > 0:
        most = _CHUNK if left is None else min(left, _CHUNK)
        chunk = list(rows.filter(pos__gt=after_pos).values_list(*READ)[:most])
        for values in chunk:
            yield from_row(values)
        if len(chunk) < most:
            return
        after_pos = chunk[-1][0]
        left = None if left is None else left - most


def log_items(*, stream: str | None = None) -> Iterator[LogItem]:
    """Yield the whole log, or one stream of it, as it is exported and verified."""
    yield from checkpoints(stream=stream)
    yield from records(stream=stream)


def last_record(*, stream: str) -> Record | None:
    """Return the newest row of a stream."""
    found = EventRow.objects.filter(stream=stream).order_by("-log_seq").values_list(*READ)[:1]
    return from_row(found[0]) if found else None


def last_of_links(*, prefix: str) -> list[Record]:
    """Return the newest row of a watch link in each stream whose name begins so, by stream."""
    streams = [stream for stream in _streams() if stream.startswith(prefix)]
    rows = (
        EventRow.objects.filter(stream=stream, subject__startswith=WATCH).order_by("-log_seq").values_list(*READ)[:1]
        for stream in streams
    )
    return [from_row(found[0]) for found in rows if found]


def request_seen(*, request: str) -> bool:
    """Say whether a row for this request id is in the log; rows that wait for their commit are not."""
    return EventRow.objects.filter(request=request).exists()


def hall_now(*, hall: str) -> HallNow | None:
    """Return a hall's newest committed value."""
    return HallNow.objects.filter(hall=hall).first()


def halls_now() -> list[HallNow]:
    """Return all halls' newest committed values, by hall."""
    return list(HallNow.objects.order_by("hall"))


def value_of(row: HallNow) -> Now | None:
    """Return a hall's value; None when another version of the controller wrote it."""
    try:
        return now_from(row.value)
    except NowUnreadable:
        return None


def pending_requests(*, now_ns: int) -> list[OperatorRequest]:
    """Return the requests of the last minute that the log does not know, oldest first.

    Expired ones are among them, for their refusal 'too old' is logged too. What the caller has appended in
    the last moments may still be among them: it remembers those ids itself.
    """
    recent = OperatorRequest.objects.filter(created_ns__gt=now_ns - _STILL_TOLD_NS).order_by("created_ns", "id")
    asked = list(recent)
    if not asked:
        return []
    ids = [str(request.id) for request in asked]
    seen = set(EventRow.objects.filter(request__in=ids).values_list("request", flat=True))
    return [request for request in asked if str(request.id) not in seen]
