# SPDX-License-Identifier: Apache-2.0
"""Lines of a byte stream, and lines of a ring, as events."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kernel.lines import LineCutter, parse_line
from adapters.kernel.parse import Heard, Reason, Refused
from adapters.kernel.ring import ring_event
from statemachines import events as e
from statemachines.words import Role

LINE = b"HALL=h1 ROLE=projection EVENT=tail SEQ=12 EPOCH=77 FRAME=0 NS=5 VAL=0"
TAIL = Heard("h1", e.ReelEnded(role=Role.PROJECTION, epoch=77, hw_seq=12, hw_ns=5))


def test_a_line_is_an_event() -> None:
    assert parse_line(LINE) == TAIL


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"hello", Reason.MALFORMED),
        (LINE + b" SEQ=13", Reason.MALFORMED),
        (LINE.replace(b" ", b"  "), Reason.MALFORMED),
        (LINE + b"\r", Reason.MALFORMED),
        (LINE.replace(b"h1", b"h\xff"), Reason.MALFORMED),
        (LINE + b"0" * 1500, Reason.OVERSIZED),
    ],
)
def test_garbage_is_a_refusal(line: bytes, reason: Reason) -> None:
    outcome = parse_line(line)
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason


def test_the_rest_of_an_oversized_line_is_not_taken_for_an_event() -> None:
    cutter = LineCutter()
    said = cutter.feed(b"x" * 1600) + cutter.feed(b"y" * 5000) + cutter.feed(LINE + b"\n" + LINE + b"\n")
    assert said == [Refused(Reason.OVERSIZED), TAIL]


@given(st.lists(st.binary(max_size=60) | st.just(LINE) | st.just(b"z" * 2000), max_size=8), st.data())
def test_how_a_stream_is_cut_does_not_change_what_it_says(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    whole = LineCutter().feed(stream)
    assert len(whole) == len(lines)
    assert whole.count(TAIL) == lines.count(LINE)
    cutter, pieces, rest = LineCutter(), [], stream
    while rest:
        size = data.draw(st.integers(1, 700))
        pieces += cutter.feed(rest[:size])
        rest = rest[size:]
    assert pieces == whole


@given(st.binary(max_size=200))
def test_any_bytes_are_heard_or_refused(line: bytes) -> None:
    assert isinstance(parse_line(line), Heard | Refused)


@dataclass(frozen=True)
class Line:
    seq: int = 12
    ns: int = 5
    word: str = "tail"
    frame: int = 0
    val: str = "0"


def test_a_ring_line_is_the_event_that_it_once_was() -> None:
    assert ring_event("h1", Role.PROJECTION, 77, Line()) == TAIL


@pytest.mark.parametrize("line", [Line(seq=0), Line(seq=-3), Line(word="boom"), Line(val=""), Line(ns=2**70)])
def test_a_wrong_ring_line_is_refused(line: Line) -> None:
    assert isinstance(ring_event("h1", Role.PROJECTION, 77, line), Refused)
