# SPDX-License-Identifier: Apache-2.0
"""Exchanging logs as JSONL (lines: see `lines`): checkpoints first, then rows in commit order.

`pos` is told for orientation; an import gives its own.
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import IO

import msgspec
from django.db import IntegrityError, transaction

from adapters.store.commit import insert_records
from adapters.store.errors import LogMalformed
from adapters.store.lines import line_of, read_jsonl
from adapters.store.models import CheckpointRow
from adapters.store.selectors import log_items, stream_heads
from adapters.store.verify import Chain
from statemachines.record import Record

__all__ = ["export", "import_", "read_jsonl"]

_GROUP = 1000


def export(file: IO[bytes], *, stream: str | None = None) -> int:
    """Write the log, or one stream of it; return the number of lines.

    Raises:
        LogMalformed: a stored row that is no record; the lines before it are written.
    """
    lines = 0
    for item in log_items(stream=stream):
        file.write(line_of(item))
        lines += 1
    return lines


def import_(file: IO[bytes]) -> int:
    """Store a file's rows in an empty log or behind the rows that are there; return how many. All or nothing.

    Only while no runtime writes this log (`SiteLock`): it holds the write lock to the end.

    Raises:
        LogMalformed: a line that cannot be read, or that does not continue its stream; nothing is stored.
    """
    rows, now_ns = 0, time.time_ns()
    try:
        with transaction.atomic(using="log"):
            continuing = _continuing(file)
            while group := list(islice(continuing, _GROUP)):
                insert_records(group, now_ns)
                rows += len(group)
    except IntegrityError as wrong:
        raise LogMalformed(f"a row repeats a request id that the log has already: {wrong}") from wrong
    return rows


def _continuing(file: IO[bytes]) -> Iterator[Record]:
    chain = Chain(stream_heads())
    for number, item in enumerate(read_jsonl(file), start=1):
        if fault := chain.follow(item):
            raise LogMalformed(f"line {number}: {fault}; nothing was imported")
        if isinstance(item, Record):
            yield item
        else:
            CheckpointRow.objects.create(**msgspec.structs.asdict(item))
