# SPDX-License-Identifier: Apache-2.0
"""Between a `Record` and the columns of its row."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from adapters.store.errors import LogMalformed, RecordUnfit
from statemachines.record import Record
from statemachines.values import canonical

COLUMNS = tuple(name for name in Record.__struct_fields__ if name != "pos")
READ = ("pos", *COLUMNS)
_PAYLOAD, _EFFECTS, _REQUEST = (COLUMNS.index(name) for name in ("payload", "effects", "request"))
_RECORDED = COLUMNS.index("recorded_ns")
NUMBERS = ("at_ns", "recorded_ns", "hw_epoch", "hw_seq", "hw_ns", "log_seq")
_WORDS = tuple(name for name in COLUMNS if name not in (*NUMBERS, "payload", "effects"))
_LIMIT = 2**63
_values_of = attrgetter(*COLUMNS)
_numbers_of = attrgetter(*NUMBERS)
_words_of = attrgetter(*_WORDS)


def require_fit(record: Record) -> None:
    """Refuse what a row cannot hold, before it waits where it would keep all later rows out.

    Raises:
        RecordUnfit: a number outside -2^63 … 2^63-1, a NUL among its words, or a request id that is not plain ASCII.
    """
    if not record.request.isascii():
        raise RecordUnfit(f"{record.stream} {record.kind}: the request id must be ASCII")
    if "\0" in "".join(_words_of(record)):
        raise RecordUnfit(f"{record.stream} {record.kind}: a NUL cannot be stored")
    numbers = _numbers_of(record)
    if max(numbers) >= _LIMIT or min(numbers) < -_LIMIT:
        name = next(name for name, number in zip(NUMBERS, numbers, strict=True) if not -_LIMIT <= number < _LIMIT)
        raise RecordUnfit(f"{record.stream} {record.kind}: {name} is beyond 63 bits; bound it where it is parsed")


def to_row(record: Record, recorded_ns: int) -> tuple[Any, ...]:
    """Return the values of COLUMNS. A record that was recorded before keeps its own time."""
    row = list(_values_of(record))
    row[_RECORDED] = record.recorded_ns or recorded_ns
    row[_PAYLOAD] = canonical(record.payload).decode()
    row[_EFFECTS] = canonical(record.effects).decode()
    row[_REQUEST] = record.request or None
    return tuple(row)


def from_row(values: Sequence[Any]) -> Record:
    """Build the record of a row whose values are those of READ.

    Raises:
        LogMalformed: payload or effects are not the canonical JSON that was stored.
    """
    fields = dict(zip(READ, values, strict=True))
    try:
        payload, effects = (_decoded(fields[name]) for name in ("payload", "effects"))
    except ValueError as wrong:
        raise LogMalformed(
            f"{fields['stream']} row {fields['log_seq']}: payload and effects must be canonical JSON; {wrong}"
        ) from wrong
    fields |= {"payload": payload, "effects": tuple(effects), "request": fields["request"] or ""}
    return Record(**fields)


def _decoded(text: str) -> Any:
    value = msgspec.json.decode(text)
    if canonical(value) != text.encode():
        raise ValueError("their spelling was changed")
    return value
