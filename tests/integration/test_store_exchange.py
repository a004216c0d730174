# SPDX-License-Identifier: Apache-2.0
"""Logs that travel and logs that are cut: export, import, tampering in the database, prune."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from adapters.store.errors import LogMalformed
from adapters.store.lines import line_of, read_jsonl
from adapters.store.verify import verify
from statemachines.record import Record
from statemachines.replay import Divergence
from tests.support.sites import ON_POSTGRES, DatabaseRefused, open_site, outside
from tests.support.store import SECOND_NS, chain, draft, fold, replaced, value_after

ROWS = 1200


@pytest.fixture
def state(tmp_path: Path) -> Path:
    open_site(tmp_path / "state")
    return tmp_path / "state"


def lines(*rows: Record) -> io.BytesIO:
    return io.BytesIO(b"".join(map(line_of, rows)))


def imported(*rows: Record) -> int:
    from adapters.store.jsonl import import_

    return import_(lines(*rows))


def exported(stream: str | None = None) -> bytes:
    from adapters.store.jsonl import export

    file = io.BytesIO()
    export(file, stream=stream)
    return file.getvalue()


def log() -> list[Record]:
    from adapters.store.selectors import records

    return list(records())


def faults() -> list[tuple[str, int]]:
    from adapters.store.selectors import log_items

    return [(fault.stream, fault.log_seq) for fault in verify(log_items()).faults]


def test_a_log_travels_whole(state: Path, tmp_path: Path) -> None:
    one, two = chain("hall1", ROWS), chain("hall2", 3)
    assert imported(two[0], *one, two[1], replaced(two[2], request="r1", recorded_ns=5)) == ROWS + 3
    file = exported()
    stored = log()

    open_site(tmp_path / "other")
    from adapters.store.jsonl import import_

    assert import_(io.BytesIO(file)) == ROWS + 3
    assert log() == stored
    assert exported() == file
    assert verify(read_jsonl(io.BytesIO(file))).ok


def test_one_stream_can_be_exported_alone(state: Path) -> None:
    one, two = chain("hall1", 3), chain("hall2", 3)
    imported(one[0], two[0], one[1], two[1], one[2], two[2])
    found = list(read_jsonl(io.BytesIO(exported("hall2"))))
    assert [item.stream for item in found] == ["hall2"] * 3
    assert verify(found).ok


def test_an_import_may_continue_a_log(state: Path) -> None:
    rows = chain(count=6)
    imported(*rows[:4])
    imported(*rows[4:])
    assert [row.log_seq for row in log()] == [1, 2, 3, 4, 5, 6]
    assert faults() == []


def test_reading_can_begin_anywhere_and_stop_anywhere(state: Path) -> None:
    from adapters.store.selectors import records

    imported(*chain(count=ROWS))
    some = list(records(after_pos=100, limit=600))
    assert [row.log_seq for row in some] == list(range(101, 701))
    assert list(records(after_pos=ROWS)) == []
    assert list(records(limit=0)) == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda rows: rows[0:4] + rows[5:], "line 5: hall1 row 6: row 5 expected"),
        (lambda rows: [*rows, rows[2]], "line 1201: hall1 row 3: row 1201 expected"),
        (lambda rows: [*rows[:-1], replaced(rows[-1], reason="x")], "line 1200: hall1 row 1200: digest"),
        (lambda rows: rows[3:], "line 1: hall1 row 4"),
    ],
)
def test_a_bad_import_changes_nothing(state: Path, spoil: Callable[[list[Record]], list[Record]], words: str) -> None:
    kept = chain("hall2", 2)
    imported(*kept)
    before = exported()
    with pytest.raises(LogMalformed, match=words):
        imported(*spoil(chain(count=ROWS)))
    assert exported() == before


def test_an_import_that_is_cut_off_repeats_rows_or_requests_changes_nothing(state: Path) -> None:
    from adapters.store.jsonl import import_

    rows = chain(count=3)
    whole = lines(*rows).getvalue()
    with pytest.raises(LogMalformed, match="line 3: cut off"):
        import_(io.BytesIO(whole[:-5]))
    assert log() == []
    imported(*rows)
    with pytest.raises(LogMalformed, match="row 4 expected here: this row is a repetition"):
        imported(*rows)
    other = [replaced(row, request="same") for row in chain("hall2", 2)]
    with pytest.raises(LogMalformed, match="request"):
        imported(*other)
    assert len(log()) == 3


TEXTS = "stream subject kind payload source cause before after edge verdict reason effects version prev digest".split()
AS_TEXT = "convert_from(%s, 'UTF8')" if ON_POSTGRES else "CAST(%s AS TEXT)"
NUMBERS = "log_seq at_ns hw_epoch hw_seq hw_ns".split()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(TEXTS), st.integers(1, 5), st.integers(0, 10_000), st.integers(1, 255))
def test_any_byte_flipped_in_the_database_names_its_row(
    state: Path, field: str, row: int, place: int, flip: int
) -> None:
    if not log():
        imported(*[r for n in range(5) for r in (chain("hall1", 5)[n], chain("hall2", 5)[n])])
    with outside(state) as other:
        ((text,),) = other.all(f"SELECT {field} FROM event WHERE pos = %s", (row,))  # noqa: S608
        spoilt = bytearray(text.encode() or b"\0")
        spoilt[place % len(spoilt)] ^= flip
        change = f"UPDATE event SET {field} = {AS_TEXT} WHERE pos = %s"  # noqa: S608
        try:
            other.change(change, (bytes(spoilt), row))
        except DatabaseRefused:
            assume(False)  # the database itself takes no such text, or no second row of one number
        told = [str(fault) for fault in _all_faults()]
        other.change(change, (text.encode(), row))
    hall, number = ("hall1", "hall2")[(row - 1) % 2], (row + 1) // 2
    if field == "stream":
        assert any(f"row {number}:" in words for words in told)
    else:
        assert any(words.startswith(f"{hall} row {number}:") for words in told), told
    assert faults() == []


def _all_faults() -> list[object]:
    from adapters.store.selectors import log_items

    return list(verify(log_items()).faults)


@pytest.mark.parametrize("field", NUMBERS)
def test_any_number_changed_in_the_database_names_its_row(state: Path, field: str) -> None:
    imported(*chain(count=5))
    with outside(state) as other:
        other.change(f"UPDATE event SET {field} = {field} + 1000 WHERE log_seq = 3")  # noqa: S608
    assert faults() == [("hall1", 1003 if field == "log_seq" else 3)]


def test_json_that_means_the_same_but_is_spelled_otherwise_is_named(state: Path) -> None:
    imported(*chain(count=5))
    with outside(state) as other:
        other.change("UPDATE event SET payload = replace(payload, ':', ' : ') WHERE log_seq = 3")
    assert [str(fault) for fault in _all_faults()] == [
        "hall1 row 3: payload and effects must be canonical JSON; their spelling was changed"
    ]


def test_a_row_deleted_from_the_database_is_missed(state: Path) -> None:
    imported(*chain(count=5))
    with outside(state) as other:
        other.change("DELETE FROM event WHERE log_seq = 3")
    assert faults() == [("hall1", 4)]


def test_prune_leaves_a_chain_that_verifies_and_folds(state: Path, tmp_path: Path) -> None:
    from adapters.store.jsonl import import_
    from adapters.store.prune import prune
    from adapters.store.selectors import checkpoints, stream_heads

    imported(*chain("hall1", 2500), *chain("hall2", 40))
    heads = stream_heads()
    assert prune(before_ns=2300 * SECOND_NS, fold=fold) == {"hall1": 2299, "hall2": 39}
    assert [row.log_seq for row in log() if row.stream == "hall1"] == list(range(2300, 2501))
    assert faults() == []
    assert stream_heads() == heads
    assert prune(before_ns=2400 * SECOND_NS, fold=fold) == {"hall1": 100, "hall2": 0}
    kept = {item.stream: item for item in checkpoints()}
    assert (kept["hall1"].log_seq, kept["hall1"].rows, kept["hall1"].value.encode()) == (
        2399,
        2399,
        value_after(2399),
    )

    file = exported()
    assert verify(read_jsonl(io.BytesIO(file))).ok
    open_site(tmp_path / "other")
    import_(io.BytesIO(file))
    assert faults() == []
    assert checkpoints() == [kept["hall1"], kept["hall2"]]
    with pytest.raises(LogMalformed, match="checkpoint"):
        import_(io.BytesIO(file))


def test_a_writer_goes_on_behind_a_pruned_log(state: Path) -> None:
    from adapters.store.prune import prune
    from adapters.store.writer import LogWriter

    imported(*chain(count=10))
    prune(before_ns=10**18, fold=fold)
    writer = LogWriter(state)
    writer.start()
    assert writer.append(draft(n=11)).log_seq == 11
    writer.close()
    assert faults() == []


def test_prune_destroys_no_evidence(state: Path) -> None:
    from adapters.store.prune import prune

    imported(*chain(count=5))
    with outside(state) as other:
        other.change("UPDATE event SET reason = 'nothing happened' WHERE log_seq = 2")
    with pytest.raises(LogMalformed, match="hall1 row 2: digest"):
        prune(before_ns=10**18, fold=fold)
    assert len(log()) == 5


def test_prune_keeps_rows_that_fold_to_another_value(state: Path) -> None:
    from adapters.store.prune import prune

    def differs(stream: str, value: bytes | None, rows: Sequence[Record]) -> bytes:
        raise Divergence(stream, rows[2].log_seq, rows[2].kind, "after", "one", "another")

    imported(*chain(count=5))
    with pytest.raises(LogMalformed, match=r"hall1 row 3 .*: after differs: .*; prune with the version that wrote it"):
        prune(before_ns=10**18, fold=differs)
    assert len(log()) == 5


def test_a_stream_without_a_value_is_pruned_too(state: Path) -> None:
    from adapters.store.prune import prune
    from adapters.store.selectors import checkpoints

    imported(*chain("server:a", 5))
    prune(before_ns=3 * SECOND_NS, fold=lambda stream, value, rows: None)
    assert [(item.stream, item.log_seq, item.value) for item in checkpoints()] == [("server:a", 2, "")]
    assert [row.log_seq for row in log()] == [3, 4, 5]
