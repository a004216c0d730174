# SPDX-License-Identifier: Apache-2.0
"""Lines that are no records get one typed error that names the line."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.store.errors import LogMalformed
from adapters.store.lines import LINE_MOST, line_of, read_jsonl
from statemachines.values import canonical
from tests.support.store import chain, replaced

GOOD = line_of(chain(count=1)[0])


def error_of(data: bytes) -> str:
    with pytest.raises(LogMalformed) as caught:
        list(read_jsonl(io.BytesIO(data)))
    return str(caught.value)


def without(field: str) -> bytes:
    record = chain(count=1)[0]
    return canonical({name: getattr(record, name) for name in record.__struct_fields__ if name != field}) + b"\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (GOOD[:-1], "cut off"),
        (GOOD[:100], "cut off"),
        (b"garbage\n", "line 2"),
        (b"\n", "line 2"),
        (b"[1]\n", "expected a record"),
        (b"\xff\xfe\n", "line 2"),
        (without("reason"), "field reason is missing"),
        (without("digest"), "field digest is missing"),
        (GOOD.replace(b'"kind"', b'"colour"'), "field kind is missing"),
        (GOOD.replace(b'{"after"', b'{"zeal":1,"after"'), "unknown field `zeal`"),
        (GOOD.replace(b'"hw_seq":1', b'"hw_seq":"1"'), "hw_seq"),
        (GOOD.replace(b'"hw_seq":1', b'"hw_seq":1.5'), "hw_seq"),
        (GOOD.replace(b'"hw_seq":1', b'"hw_seq":9223372036854775808'), "beyond 63 bits"),
        (GOOD.replace(b'"n":1', b'"n":1.0'), "fractions"),
        (GOOD.replace(b'"n":1', b'"n":' + b"[" * 40 + b"]" * 40), "deeper"),
        (b"[" * 100_000 + b"\n", "line 2"),
        (b'{"checkpoint":{"stream":"hall1"}}\n', "log_seq"),
        (b'"' + b"x" * LINE_MOST + b'"\n', "longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_named(line: bytes, words: str) -> None:
    told = error_of(GOOD + line)
    assert told.startswith("line 2: ")
    assert words in told


@given(st.binary(max_size=200))
def test_garbage_never_raises_anything_else(data: bytes) -> None:
    error_of(data + b"x")


def test_rows_before_the_bad_line_are_given_out() -> None:
    rows = chain(count=2)
    lines = read_jsonl(io.BytesIO(line_of(rows[0]) + line_of(rows[1]) + b"{"))
    assert [next(lines), next(lines)] == rows


def test_times_of_storing_and_requests_travel_too() -> None:
    row = replaced(chain(count=1)[0], recorded_ns=5, pos=9, request="0b0a")
    assert list(read_jsonl(io.BytesIO(line_of(row)))) == [row]
