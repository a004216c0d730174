# SPDX-License-Identifier: Apache-2.0
"""Limits of what devices may write and of what people read: the last value that counts, and the first that does not."""

import re

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.effects import ReturnAlarm
from statemachines.film import feet_at
from statemachines.hall import Link
from statemachines.history import mark_of, row_of
from statemachines.kernel_words import ValueRefused, value_fields
from statemachines.label import label
from statemachines.record import Record
from statemachines.say import moment, spoken
from statemachines.settings import SECOND
from statemachines.snapshot import Snapshot, SnapshotMalformed, parse_snapshot
from statemachines.wanted import wanted
from statemachines.words import Role, State, Tension, Verdict
from tests.support.story import Story


class TestKernelWords:
    @pytest.mark.parametrize(
        ("word", "val", "fields"),
        [
            ("local", "1", {"on": True}),
            ("local", "0", {"on": False}),
            ("dowser", "1", {"open": True}),
            ("door", "0", {"open": False}),
            ("selftest", "1", {"ok": True}),
            ("tension", "takeup", {"tension": Tension.TAKEUP}),
            ("timecode", "12x34", {"film_us": 12, "sound_us": 34}),
            ("timecode", "9" * 18 + "x0", {"film_us": 10**18 - 1, "sound_us": 0}),
            ("filmin", "ignored", {}),
        ],
    )
    def test_a_value_is_read(self, word: str, val: str, fields: dict[str, object]) -> None:
        assert value_fields(word, val) == fields

    @pytest.mark.parametrize(
        ("word", "val", "words"),
        [
            ("door", "2", "VAL is 0 or 1, not '2'"),
            ("tension", "odd", "VAL is one of good, feed, takeup, slack, not 'odd'"),
            ("timecode", "1-2", "VAL is FILM_USxSOUND_US, not '1-2'"),
            ("timecode", "9" * 19 + "x0", "VAL is FILM_USxSOUND_US, not '" + "9" * 19 + "x0'"),
        ],
    )
    def test_a_value_that_is_none_is_named_beside_what_is_allowed(self, word: str, val: str, words: str) -> None:
        with pytest.raises(ValueRefused, match=f"^{re.escape(words)}$"):
            value_fields(word, val)


class TestSnapshot:
    def test_a_number_has_at_most_twenty_digits(self) -> None:
        assert parse_snapshot("epoch=1 seq=" + "7".zfill(20)) == Snapshot(epoch=1, seq=7)
        with pytest.raises(SnapshotMalformed):
            parse_snapshot("epoch=1 seq=" + "7".zfill(21))

    def test_a_word_is_cut_at_its_first_equals_sign(self) -> None:
        with pytest.raises(SnapshotMalformed, match=r"^film=1=1$"):
            parse_snapshot("epoch=1 seq=2 film=1=1")

    def test_a_word_that_is_no_pair_is_named_and_an_unknown_one_passed_over(self) -> None:
        with pytest.raises(SnapshotMalformed, match=r"^film$"):
            parse_snapshot("epoch=1 film seq=2")
        assert parse_snapshot("epoch=1 colour=red seq=2") == Snapshot(epoch=1, seq=2)

    def test_what_is_missing_is_said(self) -> None:
        with pytest.raises(SnapshotMalformed, match=r"^epoch and seq are missing$"):
            parse_snapshot("film=1")


class TestLabel:
    @pytest.mark.parametrize(
        ("frame", "clock"),
        [(1, "0:00"), (24 * 59, "0:59"), (24 * 60, "1:00"), (24 * 3721, "62:01"), (24_000_000, "16666:40")],
    )
    def test_a_pause_is_told_in_minutes_and_seconds_of_film(self, frame: int, clock: str) -> None:
        story = Story().threaded()
        story.hear(e.FrameCounted, frame=frame)
        assert label(story.hall) == f"Paused at {clock}"

    def test_threaded_film_with_a_lamp_that_is_off(self) -> None:
        story = Story().threaded()
        story.due("lamp_hold")
        story.answer()
        story.hear(e.LampWentOut)
        assert label(story.hall) == "Threaded, lamp off"

    def test_hands_and_holds_are_told_with_the_state(self) -> None:
        story = Story().idle()
        story.take(e.HoldPlaced(hold="maintenance", reason="r"))
        assert label(story.hall) == "Idle (held for maintenance)"
        story.hear(e.LocalSwitched, on=True)
        assert label(story.hall) == "Idle (under local control)"

    def test_a_hold_keeps_who_placed_it_and_the_newest_of_a_name_counts(self) -> None:
        story = Story().idle()
        story.take(e.HoldPlaced(hold="deployment", reason="first", by="r1.booth1.1"))
        story.take(e.HoldPlaced(hold="maintenance", reason="a new lens"))
        story.take(e.HoldPlaced(hold="deployment", reason="second", by="r2.booth1.1"))
        assert [(hold.name, hold.reason, hold.by) for hold in story.hall.holds] == [
            ("maintenance", "a new lens", ""),
            ("deployment", "second", "r2.booth1.1"),
        ]

    def test_an_acknowledged_fault_says_so(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        assert label(story.hall) == "Fault, acknowledged: the film broke: thread it again"


def test_each_hour_of_the_day_is_told() -> None:
    for hour in (0, 1, 22, 23):
        assert spoken(moment(hour * 3600 * SECOND)) == f"{hour:02}:00:00"


def test_feet_are_whole() -> None:
    assert repr(feet_at(35, 100)) == "6"


def test_a_warm_up_ends_at_its_very_moment() -> None:
    story = Story().idle()
    story.take(e.WarmUpAsked(until_ns=story.hall.at_ns + SECOND // 10))
    assert (story.hall.warm_until_ns, wanted(story.hall)) == (story.hall.at_ns, frozenset())


def test_film_that_is_to_be_rewound_must_be_made_ready_again() -> None:
    story = Story().threaded()
    story.ask("rewind")
    assert story.is_in(State.REWINDING)
    assert (story.hall.film.ready, story.hall.film.tail) == (False, False)


def test_a_reset_hall_waits_for_no_stop() -> None:
    story = Story().broken()
    story.ask("acknowledge")
    story.stands()
    story.hear(e.FilmRemoved)
    story.ask("reset")
    assert story.is_in(State.IDLE)
    assert {"stop_repeat", "stop_confirm"}.isdisjoint(deadline.name for deadline in story.hall.deadlines)


def test_rewinding_asks_for_the_projection_servers_session_alone() -> None:
    story = Story().threaded()
    story.lost(Role.PROJECTION)
    assert "the projection session is not up" in story.ask("rewind").reason
    story = Story().threaded()
    story.lost(Role.SOUND)
    story.ask("rewind")
    assert story.is_in(State.REWINDING)


def test_a_session_that_was_never_opened_has_no_moment_since_when() -> None:
    story = Story().idle()
    story.hall = replace(story.hall, projection=replace(story.hall.projection, link=Link()))
    story.hear(e.FilmInserted)
    assert story.ask("rewind").reason == "the projection session is not up: not opened yet"


def test_acknowledging_another_alarm_leaves_a_dissent_as_it_is() -> None:
    story = Story().threaded()
    story.hear(e.TensionChanged, tension=Tension.FEED)
    story.ask("acknowledge", "sensor_dissent")
    assert story.hall.dissent == ""
    story.hear(e.TensionChanged, tension=Tension.TAKEUP)
    story.take(e.ConditionRaised(alarm="disk_full", detail="d"))
    story.ask("acknowledge", "disk_full")
    assert story.hall.dissent == "take-up roller"


def test_a_row_is_numbered_and_named_after_a_request_only_by_who_keeps_it() -> None:
    mark = mark_of(Story().hall)
    door = e.DoorMoved(role=Role.SOUND, epoch=3, hw_seq=4, hw_ns=5, open=True)
    row = row_of(
        stream="h1",
        subject="hall",
        stamped=e.Stamped(at_ns=7, event=door, cause="9"),
        before=mark,
        after=mark,
        effects=(ReturnAlarm(name="door_open"),),
        edge="edge",
        verdict=Verdict.INTERNAL,
        reason="noted",
        version="v",
        request="ask-1",
    )
    assert row == Record(
        stream="h1",
        log_seq=0,
        subject="hall",
        at_ns=7,
        hw_epoch=3,
        hw_seq=4,
        hw_ns=5,
        kind="door_moved",
        payload={"role": "sound", "open": True, "frame": 0},
        source="runtime",
        cause="9",
        before=mark,
        after=mark,
        edge="edge",
        verdict="internal",
        reason="noted",
        effects=({"do": "return_alarm", "name": "door_open"},),
        version="v",
        request="ask-1",
    )


def test_a_payload_that_does_not_fit_is_named_with_what_does_not() -> None:
    with pytest.raises(e.EventUnknown, match=r"^film_ready: .*unknown field `shoe`"):
        e.event_from("film_ready", {"role": "projection", "shoe": 4})
