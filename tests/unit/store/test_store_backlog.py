# SPDX-License-Identifier: Apache-2.0
"""Rows that wait: numbered without holes, and honest about those that found no room."""

import pytest

from adapters.store.backlog import Backlog
from adapters.store.errors import RecordUnfit
from adapters.store.verify import Head, verify
from statemachines.record import Record
from tests.support.store import chain, draft, replaced, value_after


def waiting(backlog: Backlog) -> list[Record]:
    return [record for record, _value in backlog.first(1000)]


def test_each_stream_is_numbered_and_chained_by_itself() -> None:
    backlog = Backlog({}, room=100)
    for n in (1, 2, 3):
        backlog.add(draft("hall1", n), None)
        backlog.add(draft("server:a", n), None)
    assert [(row.stream, row.log_seq) for row in waiting(backlog)] == [
        (stream, n) for n in (1, 2, 3) for stream in ("hall1", "server:a")
    ]
    assert verify(waiting(backlog)).ok


def test_it_goes_on_where_the_log_ends() -> None:
    stored = chain(count=3)
    backlog = Backlog({"hall1": Head(3, stored[-1].digest)}, room=100)
    row = backlog.add(draft(n=4), None)
    assert row.log_seq == 4
    assert verify([*stored, row]).ok


def test_an_overflow_is_one_declared_row_a_stream_and_the_chain_holds() -> None:
    backlog = Backlog({}, room=8)
    given = [backlog.add(draft("hall1", n), value_after(n)) for n in range(1, 9)]
    lost = [backlog.add(draft("hall1", n), value_after(n)) for n in range(9, 12)]
    lost += [backlog.add(draft("hall2", 12), None)]
    assert [(row.log_seq, row.digest) for row in lost] == [(0, "")] * 4
    assert backlog.lost == 4

    backlog.settle(1)
    still_lost = backlog.add(draft("hall1", 13), value_after(13))
    assert still_lost.digest == ""  # room again, but nothing may overtake the declaration

    stored = given[:4]
    backlog.settle(3)
    after = backlog.add(draft("hall1", 14), None)
    rows = waiting(backlog)
    gaps = [row for row in rows if row.kind == "log_gap"]
    assert backlog.lost == 0
    assert {row.stream: row.payload for row in gaps} == {
        "hall1": {"rows": 4, "first": 9_000_000_000, "last": 13_000_000_000},
        "hall2": {"rows": 1, "first": 12_000_000_000, "last": 12_000_000_000},
    }
    assert gaps[0].before == draft(n=9).before
    assert gaps[0].after == draft(n=13).after
    assert [value for row, value in backlog.first(10) if row is gaps[0]] == [value_after(13)]
    assert after.log_seq == 10
    assert verify([*stored, *rows]).ok


def test_what_is_awaited_includes_a_gap_that_is_still_to_be_declared() -> None:
    backlog = Backlog({}, room=2)
    for n in (1, 2, 3):
        backlog.add(draft("hall1", n), None)
    targets = backlog.targets()
    backlog.settle(2)
    assert not backlog.reached(targets)
    backlog.settle(1)
    assert backlog.reached(targets)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hw_ns": 2**63},
        {"at_ns": -(2**63) - 1},
        {"request": "ä"},
        {"reason": "\ud800"},
        {"reason": "a\0b"},
        {"payload": {"x": object()}},
    ],
)
def test_what_no_row_can_hold_is_refused_and_leaves_no_hole(wrong: dict[str, object]) -> None:
    backlog = Backlog({}, room=100)
    with pytest.raises(RecordUnfit, match="hall1"):
        backlog.add(replaced(draft(), **wrong), None)
    assert backlog.add(draft(), None).log_seq == 1
