# SPDX-License-Identifier: Apache-2.0
"""Dropping a log's oldest rows so that what is left still verifies and can still be folded."""

from collections.abc import Callable, Sequence

import msgspec
from django.db import transaction

from adapters.store.checkpoint import Checkpoint, LogItem
from adapters.store.errors import LogMalformed
from adapters.store.models import CheckpointRow, EventRow, Waypoint
from adapters.store.rows import READ, from_row
from adapters.store.selectors import checkpoints, stream_heads
from adapters.store.verify import Chain
from statemachines.record import Record
from statemachines.replay import Divergence

_CHUNK = 1000

Fold = Callable[[str, bytes | None, Sequence[Record]], bytes | None]
"""(stream, value before or None at its start, rows) -> canonical value after; None: the stream has none.

Raises Divergence when the rows do not lead where they say.
"""


def prune(*, before_ns: int, fold: Fold) -> dict[str, int]:
    """Drop rows older than `before_ns`; return by stream how many.

    Each stream keeps its newest row, and a checkpoint that carries the chain on and the hall's value to go on
    folding from. A thousand rows and their checkpoint are one short transaction: cut anywhere, the log
    verifies.

    Raises:
        LogMalformed: the rows to be dropped do not verify, or fold to another value than they say.
    """
    kept: dict[str, Checkpoint] = {checkpoint.stream: checkpoint for checkpoint in checkpoints()}
    return {
        stream: _prune_stream(kept.get(stream), stream, head.log_seq, before_ns, fold)
        for stream, head in stream_heads().items()
    }


def _prune_stream(kept: Checkpoint | None, stream: str, newest: int, before_ns: int, fold: Fold) -> int:
    pruned = 0
    while rows := _old_rows(kept, stream, newest, before_ns):
        _require_chain(kept, rows)
        kept = _checkpoint(kept, rows, fold)
        with transaction.atomic(using="log"):
            EventRow.objects.filter(stream=stream, log_seq__lte=kept.log_seq).delete()
            Waypoint.objects.filter(hall=stream, log_seq__lte=kept.log_seq).delete()  # the checkpoint stands for them
            CheckpointRow.objects.update_or_create(stream=stream, defaults=msgspec.structs.asdict(kept))
        pruned += len(rows)
    return pruned


def _old_rows(kept: Checkpoint | None, stream: str, newest: int, before_ns: int) -> list[Record]:
    done = kept.log_seq if kept else 0
    left = EventRow.objects.filter(stream=stream, log_seq__gt=done, log_seq__lt=newest).order_by("log_seq")
    records = [from_row(values) for values in left.values_list(*READ)[:_CHUNK]]
    young = next((n for n, record in enumerate(records) if record.at_ns >= before_ns), len(records))
    return records[:young]


def _require_chain(kept: Checkpoint | None, rows: Sequence[Record]) -> None:
    chain = Chain()
    start: list[LogItem] = [kept] if kept else []
    for item in (*start, *rows):
        if fault := chain.follow(item):
            raise LogMalformed(f"{fault}; nothing more was pruned, for it would destroy the evidence")


def _checkpoint(kept: Checkpoint | None, rows: Sequence[Record], fold: Fold) -> Checkpoint:
    last = rows[-1]
    try:
        value = fold(last.stream, kept.value.encode() if kept and kept.value else None, rows)
    except Divergence as differs:
        raise LogMalformed(f"{differs}; prune with the version that wrote it ({last.version[:12]})") from differs
    return Checkpoint(
        stream=last.stream,
        log_seq=last.log_seq,
        at_ns=last.at_ns,
        digest=last.digest,
        rows=len(rows) + (kept.rows if kept else 0),
        value="" if value is None else value.decode(),
    ).sealed()
