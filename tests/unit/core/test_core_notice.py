# SPDX-License-Identifier: Apache-2.0
"""Events that were lost are repaired from what a snapshot shows, but never while they may still come."""

from typing import Any

import pytest

from statemachines import events as e
from statemachines.hall import Pending, with_device
from statemachines.settings import Settings
from statemachines.words import Lamp, Motor, State, Verb, Verdict
from tests.support.story import Begin, P, S, Story

_STANDS: dict[str, Any] = {"motor": Motor.STOP, "at_speed": False, "dowser_open": False}


def starting(story: Story) -> Story:
    story.threaded()
    story.hear(e.ShowStarted)
    story.answer()
    return story


def run_out(story: Story) -> Story:
    story.showing()
    story.hear(e.ReelEnded, frame=31_990)
    story.answer()
    return story


MISSED: list[tuple[str, Begin, dict[str, Any], State, str]] = [
    ("film put in", Story.idle, {"film": True}, State.THREADING, "film_inserted"),
    ("film taken out", Story.threaded, {"film": False, "ready": False}, State.IDLE, "film_removed"),
    ("film gone in a show", Story.showing, {"film": False, **_STANDS}, State.IDLE, "film_removed"),
    ("film gone from rewinding", Story.rewinding, {"film": False, **_STANDS}, State.IDLE, "film_removed"),
    ("motor stands in a show", Story.showing, _STANDS, State.THREADING, "motor_stopped"),
    ("at speed", starting, {"motor": Motor.RUN, "at_speed": True}, State.PROJECTING, "motor_at_speed"),
    ("tail ran out", run_out, {**_STANDS, "frame": 31_990}, State.REWINDING, "motor_stopped"),
    ("rewound", Story.rewinding, {**_STANDS, "frame": 100}, State.THREADING, "rewound"),
]
by_case = pytest.mark.parametrize(
    ("name", "begin", "shown", "state", "trigger"), MISSED, ids=[row[0] for row in MISSED]
)


@by_case
def test_a_settled_reading_stands_for_the_event_that_was_lost(
    name: str, begin: Begin, shown: dict[str, Any], state: State, trigger: str
) -> None:
    story = begin(Story())
    taken = story.read(**shown)
    assert (taken.edge.partition(":")[2], story.state) == (trigger, state)


@by_case
def test_nothing_is_guessed_while_events_are_on_their_way(
    name: str, begin: Begin, shown: dict[str, Any], state: State, trigger: str
) -> None:
    story = begin(Story())
    before = story.state
    taken = story.read(**shown, seq=story.hall.projection.hw_seq + 1)
    assert (taken.edge, story.state) == ("", before)


@by_case
def test_nothing_is_guessed_while_a_command_is_on_its_way(
    name: str, begin: Begin, shown: dict[str, Any], state: State, trigger: str
) -> None:
    story = begin(Story())
    story.hall = with_device(story.hall, P, pending=(Pending(cmd_seq=900, verb=Verb.LIGHTS, arg="up"),))
    before = story.state
    taken = story.read(**shown)
    assert (taken.edge, story.state) == ("", before)


@by_case
def test_a_device_that_cannot_be_heard_tells_by_its_readings_alone(
    name: str, begin: Begin, shown: dict[str, Any], state: State, trigger: str
) -> None:
    story = begin(Story())
    story.take(e.WatchLost(role=P, reason="gone"))
    taken = story.read(**shown, seq=story.hall.projection.hw_seq + 9)
    assert (taken.edge.partition(":")[2], story.state) == (trigger, state)


def test_ready_that_was_lost_strikes_the_lamp() -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    story.read(ready=True)
    assert story.commands == ["projection lamp on"]


def test_a_whole_show_runs_on_readings_alone() -> None:
    story = Story().idle()
    story.take(e.WatchLost(role=P, reason="gone"))
    story.read(film=True)
    story.read(film=True, ready=True)
    story.answer()
    story.read(lamp=Lamp.LIT)
    story.ask("start")
    story.answer()
    story.read(at_speed=True)
    assert "projection dowser open" in story.commands
    story.answer()
    story.read(**_STANDS, ready=False, frame=31_990)
    assert (story.state, story.alarm("motor_stopped")) == (State.THREADING, "unacknowledged")
    story.answer()
    story.ask("rewind")
    story.answer()
    story.read(**_STANDS, frame=10)
    assert story.is_in(State.THREADING)
    story.read(film=False)
    assert story.is_in(State.IDLE)


def test_a_motor_that_stands_in_the_middle_of_rewinding_is_not_taken_for_rewound() -> None:
    story = Story().rewinding()
    story.read(**_STANDS, frame=20_000)
    assert story.is_in(State.REWINDING)


def test_a_platter_that_stands_is_not_taken_for_rewound() -> None:
    story = Story(Settings(platter=True)).ended()
    story.read(**_STANDS, frame=0)
    assert story.is_in(State.REWINDING)


def test_film_in_a_held_hall_is_known_but_not_taken() -> None:
    story = Story().idle()
    story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
    taken = story.read(film=True)
    assert (taken.verdict, story.state, story.hall.film.present) == (Verdict.INTERNAL, State.IDLE, True)
    story.take(e.HoldLifted(hold="maintenance"))
    assert story.is_in(State.THREADING)


def test_an_older_reading_than_what_was_heard_is_refused() -> None:
    story = Story().showing()
    old = story.snapshot(**_STANDS, seq=story.hall.projection.hw_seq - 1)
    taken = story.take(e.SnapshotRead(role=P, snapshot=old))
    assert (taken.verdict, taken.reason) == (Verdict.REFUSAL, "this snapshot is older than what was heard since")


def test_the_next_reel_is_known_though_its_insertion_was_lost() -> None:
    story = Story(Settings(feet=(2000, 2000))).showing()
    story.hear(e.ReelEnded)
    story.answer()
    story.hear(e.MotorStopped)
    story.read(film=False)
    assert (story.state, story.hall.film.between) == (State.THREADING, True)
    story.read(film=True)
    assert (story.hall.film.between, story.hall.film.reel, story.hall.film.tail) == (False, 2, False)
    story.read(ready=True)
    story.ask("start")
    story.answer()
    story.hear(e.MotorAtSpeed)
    assert "projection dowser open" in story.commands


class TestNumbering:
    def test_what_was_heard_before_is_refused_and_changes_nothing(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        taken = story.hear(e.ReelEnded, hw_seq=seq)
        assert (taken.verdict, taken.reason) == (
            Verdict.REFUSAL,
            f"this event was heard before (projection {seq})",
        )
        assert taken.hall is story.steps[-2].hall

    def test_a_safety_event_beyond_a_hole_acts_at_once_and_only_once(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 5)
        assert story.is_in(State.FAULT)
        assert story.hear(e.FilmBroke, hw_seq=seq + 5).verdict is Verdict.REFUSAL
        for missing in range(1, 5):
            assert story.hear(e.FrameCounted, hw_seq=seq + missing).verdict is Verdict.INTERNAL
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 5, ())

    def test_a_hole_that_is_lost_for_good_is_closed(self) -> None:
        story = Story().showing()
        seq = story.hall.projection.hw_seq
        story.hear(e.FilmBroke, hw_seq=seq + 5)
        story.take(e.EventsLost(role=P, epoch=story.hall.projection.epoch, count=4, through=seq + 4))
        assert (story.hall.projection.hw_seq, story.hall.projection.ahead) == (seq + 5, ())

    def test_devices_are_numbered_apart(self) -> None:
        story = Story().idle()
        story.hear(e.HeartbeatHeard, P, hw_seq=40)
        assert story.hear(e.HeartbeatHeard, S, hw_seq=4).verdict is Verdict.INTERNAL

    def test_film_that_runs_was_not_put_in_just_now(self) -> None:
        story = Story(Settings(feet=(2000, 2000))).showing()
        story.hear(e.ReelEnded)
        story.answer()
        story.hear(e.MotorStopped)
        story.hear(e.FilmInserted, feet=(2000, 2000))
        story.hear(e.FilmReady)
        story.ask("start")
        before = story.hall.film
        refused = story.hear(e.FilmInserted, feet=(2000, 2000), frame=before.frame)
        assert (refused.reason, story.hall.film) == ("film is in the path already", before)

    @pytest.mark.parametrize("programme", [{"gauge": 17}, {"feet": ()}])
    def test_a_programme_that_cannot_be_is_the_halls_own(self, programme: dict[str, Any]) -> None:
        story = Story(Settings(gauge=70, feet=(400,))).idle()
        story.hear(e.FilmInserted, **programme)
        assert (story.state, story.hall.film.gauge, story.hall.film.feet) == (State.THREADING, 70, (400,))
