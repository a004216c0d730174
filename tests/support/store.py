# SPDX-License-Identifier: Apache-2.0
"""Records to fill logs with."""

import hashlib
from collections.abc import Sequence

from statemachines.record import CHAIN_START, Record, sealed

SECOND_NS = 1_000_000_000


def draft(stream: str = "hall1", n: int = 1, *, request: str = "") -> Record:
    """Return the n-th draft of a stream, at second n, whose `after` is that of `value_after(n)`."""
    return Record(
        stream=stream,
        log_seq=0,
        subject="hall",
        at_ns=n * SECOND_NS,
        hw_epoch=7,
        hw_seq=n,
        hw_ns=n * 1000,
        kind="frame_counted",
        payload={"n": n, "words": "Größe “ä”\n", "nested": {"b": [1, True], "a": ""}},
        source="kernel",
        before=f"projecting:{hashlib.sha256(value_after(n - 1)).hexdigest()}",
        after=f"projecting:{hashlib.sha256(value_after(n)).hexdigest()}",
        verdict="internal",
        reason="counted",
        effects=({"do": "arm_timer", "name": "reel", "at_ns": n},),
        version="f" * 64,
        request=request,
    )


def value_after(n: int) -> bytes:
    """Return what stands for the hall's canonical value after its n-th row."""
    return b'{"n":%d}' % n


def fold(stream: str, value: bytes | None, rows: Sequence[Record]) -> bytes:
    """Return the value after these rows: what replay would compute."""
    n = 0 if value is None else int(value[5:-1])
    return value_after(n + len(rows))


def chain(stream: str = "hall1", count: int = 5) -> list[Record]:
    """Return a stream's first rows, sealed."""
    rows: list[Record] = []
    prev = CHAIN_START
    for n in range(1, count + 1):
        rows.append(sealed(numbered(draft(stream, n), n), prev))
        prev = rows[-1].digest
    return rows


def numbered(record: Record, log_seq: int) -> Record:
    """Return the record with this number."""
    return replaced(record, log_seq=log_seq)


def replaced(record: Record, **fields: object) -> Record:
    """Return the record with other field values, its digest as it was: tampered with."""
    values = {name: getattr(record, name) for name in record.__struct_fields__} | fields
    return Record(**values)
