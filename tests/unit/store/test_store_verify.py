# SPDX-License-Identifier: Apache-2.0
"""The chain names the first wrong row, whatever was done to it."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.store.checkpoint import Checkpoint, LogItem
from adapters.store.lines import line_of, read_jsonl
from adapters.store.verify import verify
from statemachines.record import Record, sealed
from tests.support.store import chain, replaced

COVERED = sorted(set(Record.__struct_fields__) - {"recorded_ns", "pos", "request"})


def named(items: list[LogItem]) -> list[tuple[str, int]]:
    return [(fault.stream, fault.log_seq) for fault in verify(items).faults]


def other(value: Any) -> Any:
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + 1
    return {"n": 0} if isinstance(value, dict) else ()


def test_an_untouched_log_verifies() -> None:
    one, two = chain("hall1", 4), chain("hall2", 2)
    report = verify([one[0], two[0], one[1], one[2], two[1], one[3]])
    assert report.ok
    assert report.rows == 6
    assert {stream: head.log_seq for stream, head in report.heads.items()} == {"hall1": 4, "hall2": 2}


@pytest.mark.parametrize("field", [name for name in COVERED if name not in ("stream", "log_seq")])
def test_any_changed_field_names_its_row(field: str) -> None:
    rows = chain(count=5)
    rows[2] = replaced(rows[2], **{field: other(getattr(rows[2], field))})
    assert named([*rows]) == [("hall1", 3)]


@pytest.mark.parametrize("field", ["recorded_ns", "pos", "request"])
def test_what_the_digest_does_not_cover_may_differ_between_copies(field: str) -> None:
    rows = chain(count=3)
    rows[1] = replaced(rows[1], **{field: other(getattr(rows[1], field))})
    assert named([*rows]) == []


def test_a_row_moved_to_another_stream_is_named_there_and_missed_here() -> None:
    rows = chain(count=4)
    rows[1] = replaced(rows[1], stream="hall9")
    assert named([*rows]) == [("hall9", 2), ("hall1", 3)]


@pytest.mark.parametrize(
    ("order", "wrong", "words"),
    [
        ([0, 1, 3, 4], 4, "row 3 expected here: missing"),
        ([0, 2, 1, 3], 3, "row 2 expected here: missing or out of order"),
        ([0, 1, 1, 2], 2, "row 3 expected here: this row is a repetition"),
        ([1, 2, 3], 2, "row 1 expected here"),
    ],
)
def test_rows_missing_exchanged_or_repeated(order: list[int], wrong: int, words: str) -> None:
    rows = chain(count=5)
    report = verify([rows[n] for n in order])
    assert [(fault.stream, fault.log_seq) for fault in report.faults] == [("hall1", wrong)]
    assert words in report.faults[0].expected


def test_history_that_was_rewritten_with_digests_that_fit_is_named_where_it_joins() -> None:
    rows = chain(count=5)
    rows[2] = sealed(replaced(rows[2], reason="nothing happened"), rows[1].digest)
    report = verify([*rows])
    assert [str(fault) for fault in report.faults] == [
        f"hall1 row 4: prev {rows[2].digest[:12]}… expected (row 3), found {rows[3].prev[:12]}…"
    ]


def test_one_bad_stream_does_not_hide_another() -> None:
    one, two = chain("hall1", 3), chain("hall2", 3)
    assert named([one[0], one[2], two[1], one[1], two[2]]) == [("hall1", 3), ("hall2", 2)]


def test_a_checkpoint_stands_for_the_rows_before_it() -> None:
    rows = chain(count=5)
    kept = Checkpoint(stream="hall1", log_seq=3, at_ns=3, digest=rows[2].digest, rows=3, value="{}").sealed()
    assert named([kept, *rows[3:]]) == []
    assert named([kept, rows[4]]) == [("hall1", 5)]
    assert named([rows[0], kept]) == [("hall1", 3)]


@pytest.mark.parametrize("field", ["stream", "log_seq", "at_ns", "digest", "rows", "value", "seal"])
def test_a_changed_checkpoint_is_named(field: str) -> None:
    kept = Checkpoint(stream="hall1", log_seq=3, at_ns=3, digest="ab", rows=3, value="{}").sealed()
    values = {name: getattr(kept, name) for name in kept.__struct_fields__}
    changed = Checkpoint(**(values | {field: other(values[field])}))
    assert named([changed]) == [(changed.stream, changed.log_seq)]


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COLUMN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    Record,
    stream=COLUMN,
    log_seq=st.integers(1, 2**63 - 1),
    subject=COLUMN,
    at_ns=st.integers(0, 2**63 - 1),
    hw_seq=st.integers(0, 2**63 - 1),
    kind=COLUMN,
    payload=st.dictionaries(WORDS, PLAIN, max_size=3),
    reason=COLUMN,
    effects=st.lists(st.dictionaries(WORDS, PLAIN, max_size=2), max_size=2).map(tuple),
)


@given(RECORDS)
def test_any_record_comes_back_from_its_line(record: Record) -> None:
    line = line_of(record)
    assert list(read_jsonl(io.BytesIO(line))) == [record]
    assert line_of(record) == line


LINES = b"".join(map(line_of, chain(count=3)))
OUTSIDE = (b'"recorded_ns":', b'"pos":', b'"request":')


@given(st.integers(0, len(LINES) - 1), st.integers(1, 255))
def test_any_byte_flipped_in_a_file_is_named_with_its_row(place: int, flip: int) -> None:
    flipped = bytearray(LINES)
    flipped[place] ^= flip
    number = LINES.count(b"\n", 0, place) + 1
    report = verify(read_jsonl(io.BytesIO(bytes(flipped))))
    if report.ok:  # only the value of a field that the digest does not cover
        before = LINES[:place].rsplit(b",", 1)[-1]
        assert before.startswith(OUTSIDE)
        return
    first = report.faults[0]
    # A line feed that is gone or new shifts what stands on the line; the fault is still on this line or the next.
    assert first.log_seq in (0, number, number + 1) or first.stream != "hall1"
    if not first.stream:
        assert f"line {number}" in first.expected or f"line {number + 1}" in first.expected
