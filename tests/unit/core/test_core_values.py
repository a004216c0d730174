# SPDX-License-Identifier: Apache-2.0
"""Values written down and read back: snapshots, rows, canonical JSON."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statemachines import events as e
from statemachines.hall import Hall, new_hall
from statemachines.history import mark_of, row_of, stamped_of
from statemachines.kernel_words import SOUND_WORDS, WORDS, ValueRefused, value_fields
from statemachines.machine import step
from statemachines.record import Record, sealed
from statemachines.settings import Settings
from statemachines.snapshot import LARGEST, Snapshot, SnapshotMalformed, format_snapshot, parse_snapshot
from statemachines.values import canonical, fingerprint
from statemachines.words import Role, Tension, Verdict
from tests.support.halls import events_of, halls, snapshots


class TestSnapshot:
    @given(snapshot=snapshots)
    def test_what_is_written_is_read(self, snapshot: Snapshot) -> None:
        assert parse_snapshot(format_snapshot(snapshot)) == snapshot

    @given(snapshot=snapshots)
    def test_a_sound_server_leaves_out_what_it_has_no_sensor_for_and_that_reads_as_safe(
        self, snapshot: Snapshot
    ) -> None:
        line = format_snapshot(snapshot, sound_only=True)
        assert "dowser" not in line
        read = parse_snapshot(line)
        assert (read.sound, read.latched, read.seq) == (snapshot.sound, snapshot.latched, snapshot.seq)
        assert (read.dowser_open, read.tension, read.film) == (False, Tension.GOOD, False)

    @given(line=st.text(max_size=200) | st.text(alphabet="epochsq=0123456789 :,", max_size=80))
    def test_any_line_is_read_or_refused_by_its_type(self, line: str) -> None:
        with contextlib.suppress(SnapshotMalformed):
            assert canonical(parse_snapshot(line))

    @pytest.mark.parametrize(
        "word",
        [
            "film=2",
            "motor=fast",
            "dowser=ajar",
            "seq=-1",
            "seq=²",
            "seq=",
            f"seq={LARGEST + 1}",
            "seq=" + "9" * 400,
            "latched=break",
            "latched=melted:3",
            "lease=maybe",
            "film",
        ],
    )
    def test_a_wrong_word_is_named(self, word: str) -> None:
        with pytest.raises(SnapshotMalformed, match=word[:20].replace("²", ".")):
            parse_snapshot(f"epoch=1 seq=2 {word}")

    def test_a_key_of_a_newer_device_is_passed_over(self) -> None:
        assert parse_snapshot("epoch=1 seq=2 humidity=40") == Snapshot(epoch=1, seq=2)

    @pytest.mark.parametrize("line", ["", "epoch=1", "seq=1"])
    def test_without_epoch_and_seq_it_says_nothing(self, line: str) -> None:
        with pytest.raises(SnapshotMalformed):
            parse_snapshot(line)


class TestKernelWords:
    @given(word=st.sampled_from(sorted(WORDS)), val=st.text(max_size=50) | st.text("0123456789x", max_size=50))
    def test_any_value_is_taken_or_refused_by_its_type(self, word: str, val: str) -> None:
        try:
            fields = value_fields(word, val)
        except ValueRefused:
            return
        numbered: dict[str, Any] = {"role": Role.PROJECTION, "epoch": 1, "hw_seq": 1, **fields}
        assert canonical(WORDS[word](**numbered))

    def test_each_word_has_its_own_class(self) -> None:
        assert len(set(WORDS.values())) == len(WORDS)
        assert set(WORDS) >= SOUND_WORDS

    @pytest.mark.parametrize("val", ["1", "x", "1x", "x1", "²x1", "-1x1", f"{10**18}x1", "1x1x1"])
    def test_a_timecode_is_two_numbers(self, val: str) -> None:
        with pytest.raises(ValueRefused):
            value_fields("timecode", val)


def _row(stamped: e.Stamped, hall: Hall) -> Record:
    taken = step(hall, stamped)
    return row_of(
        stream="h1",
        subject="hall",
        stamped=stamped,
        before=mark_of(hall),
        after=mark_of(taken.hall),
        effects=taken.effects,
        edge=taken.edge,
        verdict=taken.verdict,
        reason=taken.reason,
        version="v",
    )


class TestRows:
    @pytest.mark.parametrize("kind", sorted(e.EVENT_CLASSES))
    def test_each_kind_of_event_is_read_back_from_its_row(self, kind: str) -> None:
        @given(event=events_of(e.EVENT_CLASSES[kind]), at_ns=st.integers(0, 2**62), source=st.sampled_from(e.Source))
        @settings(max_examples=25)
        def reads_back(event: e.Event, at_ns: int, source: e.Source) -> None:
            stamped = e.Stamped(at_ns=at_ns, event=event, source=source, cause="17")
            row = _row(stamped, new_hall("h1", Settings()))
            stored = msgspec.json.decode(msgspec.json.encode(row), type=Record)
            assert stamped_of(stored) == stamped
            assert stored.kind == kind

        reads_back()

    def test_a_device_that_comes_without_a_number_is_read_back_too(self) -> None:
        stamped = e.Stamped(at_ns=5, event=e.DeviceAdded(role=Role.SOUND, epoch=0, hw_seq=0))
        assert stamped_of(_row(stamped, new_hall("h1", Settings()))) == stamped

    @pytest.mark.parametrize(
        ("kind", "payload"),
        [
            ("film_inserted_twice", {}),
            ("film_ready", {"role": "projection", "shoe": 4}),
            ("film_ready", {"role": "usher"}),
            ("timer_due", {}),
            ("local_switched", {"role": "projection", "on": "yes"}),
        ],
    )
    def test_a_row_of_nothing_known_is_one_typed_error(self, kind: str, payload: dict[str, Any]) -> None:
        row = Record(stream="h1", log_seq=1, subject="hall", at_ns=1, kind=kind, payload=payload, source="runtime")
        with pytest.raises(e.EventUnknown):
            stamped_of(row)

    @given(hall=halls())
    @settings(max_examples=60)
    def test_a_hall_is_read_back_from_its_canonical_form(self, hall: Hall) -> None:
        again = msgspec.json.decode(canonical(hall), type=Hall)
        assert again == hall
        assert hash(again) == hash(hall)
        assert fingerprint(again) == fingerprint(hall)

    def test_sealing_covers_what_happened_and_not_when_it_was_stored(self) -> None:
        stamped = e.Stamped(at_ns=5, event=e.ClockStepped(delta_ns=1))
        row = sealed(_row(stamped, new_hall("h1", Settings())), "0" * 64)
        replaced = msgspec.structs.replace
        assert sealed(replaced(row, recorded_ns=9, pos=4, request="r"), "0" * 64).digest == row.digest
        for field, value in (("at_ns", 6), ("reason", "x"), ("verdict", Verdict.REFUSAL), ("log_seq", 2)):
            assert sealed(replaced(row, **{field: value}), "0" * 64).digest != row.digest
        assert sealed(row, "1" * 64).digest != row.digest


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=plain)
def test_canonical_json_is_what_any_json_library_makes_of_it(value: object) -> None:
    theirs = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(value) == theirs.encode("utf-8", "surrogatepass")


@given(hall=halls())
@settings(max_examples=30)
def test_a_hall_holds_no_float(hall: Hall) -> None:
    def floats(value: object) -> bool:
        if isinstance(value, dict):
            return any(map(floats, value.values()))
        return any(map(floats, value)) if isinstance(value, list) else isinstance(value, float)

    assert not floats(json.loads(canonical(hall)))
