# SPDX-License-Identifier: Apache-2.0
"""A hall and its shows in time: who starts them, what is late, and cues."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.settings import MINUTE, SECOND, Settings
from statemachines.show import Cue, Start
from statemachines.words import Lights, State, Verb, Verdict
from tests.support.planning import begun, notes, schedule, threaded, until
from tests.support.story import Story, Told

TIMINGS = Settings().timings


class TestStartBySchedule:
    def test_starts_a_show_that_is_ready_at_its_moment(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=30, start=Start.SCHEDULE)
        until(story, show.starts_ns - 20 * MINUTE)
        threaded(story)
        until(story, show.starts_ns - SECOND)
        assert story.is_in(State.THREADING)
        until(story, show.starts_ns)
        started = next(taken for taken in story.steps if taken.edge == "threading>projecting:show_due")
        assert (started.verdict, started.hall.show) == (Verdict.TRANSITION, show)
        assert notes(story) == [("s1", "began")]

    def test_never_starts_a_show_that_an_operator_starts(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=30)
        threaded(story)
        until(story, show.starts_ns + 10 * MINUTE)
        assert story.is_in(State.THREADING)

    @pytest.mark.parametrize(
        ("spoil", "why"),
        [
            (lambda story: story.lost(), "the projection session is not up since"),
            (lambda story: story.hear(e.DoorMoved, open=True), "the projector's door is open"),
            (lambda story: story.hear(e.LampWentOut), "the lamp is not lit, it is cold"),
            (lambda story: story.hear(e.FrameCounted, frame=9000), "the film before is not over"),
        ],
    )
    def test_is_held_to_the_same_guards_and_says_which_one_refused(self, spoil: Told, why: str) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10, start=Start.SCHEDULE)
        threaded(story)
        spoil(story)
        until(story, show.starts_ns)
        assert story.is_in(State.THREADING)
        assert story.alarms()["show_late"].words.startswith(f"Metropolis did not start by itself: {why}")

    def test_does_not_start_a_show_by_surprise_when_it_becomes_ready_later(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10, start=Start.SCHEDULE)
        until(story, show.starts_ns + SECOND)
        threaded(story)
        until(story, show.starts_ns + 20 * MINUTE)
        assert story.is_in(State.THREADING)
        story.ask("start")
        assert notes(story) == [("s1", "began")]

    def test_does_not_make_up_for_a_moment_that_the_controller_missed(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10, start=Start.SCHEDULE)
        threaded(story)
        story._now_ns = show.starts_ns + TIMINGS.show_late
        taken = story.due("show_due")
        assert (taken.verdict, story.state) == (Verdict.INTERNAL, State.THREADING)
        assert "it is too late for the show to start by itself" in story.alarms()["show_late"].words

    @pytest.mark.parametrize(("frame", "state"), [(192, State.PROJECTING), (193, State.THREADING)])
    def test_starts_film_that_stands_within_its_leader(self, frame: int, state: State) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10, start=Start.SCHEDULE)
        threaded(story)
        story.hear(e.FrameCounted, frame=frame)
        until(story, show.starts_ns)
        assert story.is_in(state)

    def test_does_not_start_the_second_reel_of_a_test(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=60, start=Start.SCHEDULE, feet=(1400, 900))
        threaded(story)
        story.ask("start")
        story.hear(e.ReelEnded)
        story.hear(e.FilmRemoved)
        threaded(story)
        assert story.hall.film.reel == 2
        until(story, show.starts_ns)
        assert story.is_in(State.THREADING)
        assert "the film before is not over" in story.alarms()["show_late"].words

    def test_does_not_go_on_with_the_show_before(self) -> None:
        story = begun()
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        show = schedule(story, minutes=14, id="s2", start=Start.SCHEDULE)
        until(story, show.starts_ns)
        assert story.is_in(State.THREADING)
        assert "the film before is not over" in story.alarms()["show_late"].words


class TestAlarms:
    def test_a_show_that_nobody_starts_is_late_after_two_minutes_until_it_starts(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=30)
        threaded(story)
        until(story, show.starts_ns + 2 * MINUTE - SECOND)
        assert story.alarm("show_late") is None
        until(story, show.starts_ns + 2 * MINUTE)
        assert story.alarm("show_late") == "unacknowledged"
        assert story.alarms()["show_late"].words == (
            f"Metropolis is planned for <t:{show.starts_ns}> and has not started: start it when all is ready"
        )
        story.hear(e.FilmReady)
        story.answer()
        story.hear(e.LampLit)
        story.ask("start")
        assert story.alarm("show_late") == "returned_unacknowledged"

    def test_a_show_that_starts_by_itself_is_late_at_once(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=30, start=Start.SCHEDULE)
        until(story, show.starts_ns - SECOND)
        assert story.alarm("show_late") is None
        until(story, show.starts_ns)
        assert story.alarm("show_late") == "unacknowledged"

    def test_film_that_is_not_ready_five_minutes_before_is_an_alarm_until_it_is(self) -> None:
        story = Story().idle()
        show = schedule(story)
        until(story, show.starts_ns - 5 * MINUTE - SECOND)
        assert story.alarm("not_threaded_in_time") is None
        until(story, show.starts_ns - 5 * MINUTE)
        assert story.alarms()["not_threaded_in_time"].words == (
            f"Metropolis is planned for <t:{show.starts_ns}>: thread its film and press READY"
        )
        story.hear(e.FilmInserted)
        assert story.alarm("not_threaded_in_time") == "unacknowledged"
        story.hear(e.FilmReady)
        assert story.alarm("not_threaded_in_time") == "returned_unacknowledged"

    def test_film_that_is_ready_in_time_is_none(self) -> None:
        story = Story().idle()
        show = schedule(story)
        threaded(story)
        until(story, show.starts_ns)
        assert story.alarms() == {}

    def test_a_show_before_that_still_runs_is_in_the_way(self) -> None:
        story = begun()
        schedule(story, minutes=4, id="s2", starts_ns=story.hall.shown_ns + MINUTE)
        until(story, story.hall.shown_ns)
        assert story.alarm("not_threaded_in_time") == "unacknowledged"

    def test_a_cancelled_show_is_no_late_one(self) -> None:
        story = Story().idle()
        show = schedule(story)
        until(story, show.starts_ns + 10 * MINUTE)
        story.take(e.ShowUnscheduled(show=show.id))
        assert {alarm.state for alarm in story.hall.alarms} == {"returned_unacknowledged"}


LIGHTS_UP = Cue(frame=500, verb=Verb.LIGHTS, arg="up")
CURTAIN = Cue(frame=100, verb=Verb.CURTAIN, arg="open")


class TestCues:
    def test_each_is_sent_once_when_its_frame_has_run(self) -> None:
        story = begun(cues=(CURTAIN, LIGHTS_UP))
        story.hear(e.FrameCounted, frame=99)
        assert story.commands == []
        story.hear(e.FrameCounted, frame=124)
        assert story.commands == ["projection curtain open"]
        story.hear(e.FrameCounted, frame=700)
        assert story.commands == ["projection lights up"]
        story.hear(e.FrameCounted, frame=900)
        assert story.commands == []

    def test_several_that_are_due_at_once_are_sent_in_their_order(self) -> None:
        story = begun(cues=(CURTAIN, replace(CURTAIN, verb=Verb.MASKING, arg="scope")))
        story.hear(e.FrameCounted, frame=100)
        assert story.commands == ["projection curtain open", "projection masking scope"]

    def test_one_of_the_second_reel_waits_for_it(self) -> None:
        story = begun(cues=(replace(CURTAIN, reel=2),), feet=(1400, 900))
        story.hear(e.FrameCounted, frame=9000)
        assert story.commands == []

    def test_the_room_stays_as_a_cue_made_it_through_a_pause(self) -> None:
        story = begun(cues=(LIGHTS_UP,))
        story.hear(e.FrameCounted, frame=600)
        story.answer()
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        story.ask("start")
        story.answer()
        story.hear(e.MotorAtSpeed)
        assert "projection lights up" in story.commands

    def test_the_next_show_is_dark_again(self) -> None:
        story = begun(cues=(LIGHTS_UP,))
        story.hear(e.FrameCounted, frame=600)
        story.hear(e.ReelEnded)
        assert story.hall.room_lights is Lights.DOWN

    def test_before_the_picture_a_light_cue_only_says_how_the_room_will_be(self) -> None:
        story = Story().idle()
        schedule(story, minutes=10, cues=(replace(LIGHTS_UP, frame=0),))
        threaded(story)
        story.ask("start")
        story.answer()
        story.hear(e.MotorAtSpeed)
        assert story.commands == ["projection dowser open", "sound sound play", "projection lights up"]

    def test_nothing_is_sent_while_the_film_stands(self) -> None:
        story = begun(cues=(CURTAIN,))
        story.ask("stop")
        story.hear(e.FrameCounted, frame=200)
        assert "projection curtain open" not in story.commands

    @pytest.mark.parametrize(
        "cue",
        [
            replace(CURTAIN, verb=Verb.DOWSER),
            replace(CURTAIN, verb=Verb.MOTOR, arg="stop"),
            replace(CURTAIN, verb=Verb.SAFE_STOP, arg=""),
            replace(CURTAIN, arg="ajar"),
            replace(CURTAIN, verb=Verb.LIGHTS, arg="dim"),
            replace(CURTAIN, verb=Verb.MASKING, arg="a b"),
            replace(CURTAIN, verb=Verb.MASKING, arg=""),
        ],
    )
    def test_what_is_none_of_the_rooms_is_never_sent(self, cue: Cue) -> None:
        story = begun(cues=(cue,))
        story.hear(e.FrameCounted, frame=9000)
        assert story.commands == []
