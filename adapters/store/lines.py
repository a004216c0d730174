# SPDX-License-Identifier: Apache-2.0
"""The log as lines of JSON, without a database.

A line is a record, with every field, or `{"checkpoint": {…}}` for a stream whose oldest rows were pruned.
"""

from collections.abc import Iterator
from typing import IO, Any

import msgspec

from adapters.store.checkpoint import Checkpoint, LogItem
from adapters.store.errors import LogMalformed, RecordUnfit
from adapters.store.rows import require_fit
from statemachines.record import Record
from statemachines.values import canonical

LINE_MOST = 1_048_576
"""Longest line in bytes; a record has some hundred."""
_DEPTH_MOST = 32
_FIELDS = frozenset(Record.__struct_fields__)


def line_of(item: LogItem) -> bytes:
    """Return an item's line, with its LF."""
    return canonical({"checkpoint": item} if isinstance(item, Checkpoint) else item) + b"\n"


def read_jsonl(file: IO[bytes]) -> Iterator[LogItem]:
    """Yield what the lines hold, in constant memory. Chains are not looked at: that is `verify`.

    Raises:
        LogMalformed: a line that is cut off, too long, no JSON, or no record; it is named by its number.
    """
    number = 0
    while line := file.readline(LINE_MOST + 1):
        number += 1
        try:
            item = _item(line)
        except (ValueError, RecursionError) as wrong:
            raise LogMalformed(f"line {number}: {wrong}") from wrong
        yield item


def _item(line: bytes) -> LogItem:
    if not line.endswith(b"\n"):
        raise LogMalformed(f"longer than {LINE_MOST} bytes" if len(line) > LINE_MOST else "cut off, its end is missing")
    fields = msgspec.json.decode(line)
    if not isinstance(fields, dict):
        raise LogMalformed("expected a record, found another JSON value")
    if "checkpoint" in fields:
        return msgspec.convert(fields["checkpoint"], Checkpoint)
    if missing := sorted(_FIELDS - fields.keys()):
        raise LogMalformed(f"field {missing[0]} is missing")
    record = msgspec.convert(fields, Record)
    require_fit(record)
    if not (_is_plain(record.payload) and _is_plain(record.effects)):
        raise RecordUnfit(f"payload and effects must not hold fractions, nor nest deeper than {_DEPTH_MOST}")
    return record


def _is_plain(value: Any, depth: int = _DEPTH_MOST) -> bool:
    if isinstance(value, dict | list | tuple):
        inner = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_is_plain(each, depth - 1) for each in inner)
    return not isinstance(value, float)
