# SPDX-License-Identifier: Apache-2.0
"""Film comes, is made ready and goes: where each leads, and all that is asked for, in its order."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.show import Show
from statemachines.words import Lamp, Lights, Motor, Sound, State, Tension, Verdict
from tests.support.reels import TWO, between, rewinding_it, second_half, second_reel
from tests.support.story import Begin, Story, Told

LOCAL = "the projector is under local control: turn the LOCAL key back"


def broken_and_taken_out(story: Story) -> Story:
    """The fault is acknowledged, the gate is empty, everything was read and stands."""
    second_half(story)
    story.hear(e.FilmBroke)
    story.answer()
    story.hear(e.FilmRemoved)
    story.ask("acknowledge")
    story.stands()
    return story


class TestEmpty:
    """Six ways lead to a hall without film. However it came to be so, nothing of the film is left."""

    WAYS = pytest.mark.parametrize(
        ("begin", "tell"),
        [
            (second_reel, lambda s: s.hear(e.FilmRemoved)),
            (rewinding_it, lambda s: s.hear(e.FilmRemoved)),
            (second_half, lambda s: s.hear(e.FilmRemoved)),
            (between, lambda s: s.ask("stop")),
            (lambda s: rewinding_it(s).with_film(present=False), lambda s: s.hear(e.Rewound)),
            (broken_and_taken_out, lambda s: s.ask("reset")),
        ],
        ids=["threading", "rewinding", "projecting", "between reels", "rewound", "fault"],
    )

    @WAYS
    def test_it_waits_for_nothing(self, begin: Begin, tell: Told) -> None:
        story = begin(Story(TWO))
        story.waiting_for(*"lamp_hold lamp_overdue rewind_overdue runout start_overdue threading_overdue".split())
        tell(story)
        assert (story.state, story.awaited - {"show_due"}) == (State.IDLE, set())

    @WAYS
    def test_the_next_film_is_the_first_reel_of_its_programme(self, begin: Begin, tell: Told) -> None:
        story = begin(Story(TWO)).with_film(reel=2)
        tell(story)
        assert (story.hall.film.reel, story.hall.film.between) == (1, False)

    @WAYS
    def test_its_show_is_over(self, begin: Begin, tell: Told) -> None:
        story = begin(Story(TWO))
        story.hall = replace(story.hall, show=Show(id="s1", title="M", starts_ns=0), room_lights=Lights.UP)
        tell(story)
        assert "show s1 ended" in story.asked
        assert (story.hall.show, story.hall.room_lights) == (None, Lights.DOWN)

    @WAYS
    def test_its_lamp_goes_out(self, begin: Begin, tell: Told) -> None:
        story = begin(Story(TWO)).reported(lamp=Lamp.LIT)
        story.hall = replace(story.hall, lamp_wanted=True)
        tell(story)
        assert story.commands.count("projection lamp off") == 1
        assert not story.hall.lamp_wanted

    @WAYS
    def test_what_still_moves_plays_or_is_dark_is_put_right(self, begin: Begin, tell: Told) -> None:
        story = begin(Story(TWO))
        in_fault = story.is_in(State.FAULT)
        story.reported(sound=Sound.ANALOG, lights=Lights.DOWN, **({} if in_fault else {"motor": Motor.REWIND}))
        tell(story)
        assert {"sound sound mute", "projection lights up"} <= set(story.commands)
        assert ("projection motor stop" in story.commands) != in_fault, "a reset is refused while the motor runs"


def test_film_that_leaves_in_a_show_takes_light_sound_and_motor_with_it_and_is_told() -> None:
    story = second_half(Story(TWO))
    story.hear(e.FilmRemoved)
    assert story.asked == [
        "projection dowser close",
        "sound sound mute",
        "projection motor stop",
        "show s1 ended",
        "projection lamp off",
        "projection lights up",
        "alarm film_left_gate",
    ]


def test_film_that_is_taken_out_before_its_show_puts_the_lamp_out() -> None:
    story = Story().threaded()
    story.hear(e.FilmRemoved)
    assert (story.state, story.asked) == (
        State.IDLE,
        ["wait no more for lamp_hold", "projection lamp off"],
    )


class TestThreading:
    def test_film_is_to_be_ready_in_its_time(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        assert (story.state, story.asked) == (State.THREADING, ["wait for threading_overdue"])
        story.hear(e.FilmInserted)
        assert (story.state, story.asked) == (State.THREADING, ["wait for threading_overdue"])

    def test_film_that_waited_for_the_end_of_a_hold_is_to_be_ready_in_its_time_from_then(self) -> None:
        story = Story().idle()
        story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
        story.hear(e.FilmInserted)
        story.take(e.HoldLifted(hold="maintenance"))
        assert (story.state, story.asked) == (State.THREADING, ["wait for threading_overdue"])

    def test_an_empty_hall_that_is_held_no_more_stays_idle(self) -> None:
        story = Story().idle()
        story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
        taken = story.take(e.HoldLifted(hold="maintenance"))
        assert (story.state, taken.edge, story.asked) == (State.IDLE, "", [])

    def test_ready_strikes_the_lamp_and_keeps_it_for_a_while(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.FilmReady)
        assert story.asked == [
            "projection lamp on",
            "wait for lamp_overdue",
            "wait for lamp_hold",
            "wait no more for threading_overdue",
        ]

    def test_ready_at_an_empty_gate_strikes_no_lamp(self) -> None:
        story = between(Story(TWO))
        story.reported(lamp=Lamp.COLD)
        refused = story.hear(e.FilmReady)
        assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, "there is no film in the path")
        assert story.asked == []

    def test_ready_under_local_control_strikes_no_lamp(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.LocalSwitched, on=True)
        refused = story.hear(e.FilmReady)
        assert (refused.verdict, refused.reason, story.hall.lamp_wanted) == (Verdict.REFUSAL, LOCAL, False)

    def test_a_reel_that_is_taken_out_for_the_next_one_ends_nothing(self) -> None:
        story = second_reel(Story(TWO))
        story.with_film(between=True)
        story.hear(e.FilmRemoved)
        assert (story.state, story.asked) == (State.THREADING, [])

    def test_a_stop_is_refused_while_there_is_film_in_the_path(self) -> None:
        story = Story().threaded()
        refused = story.ask("stop")
        assert (refused.verdict, refused.reason, story.state) == (
            Verdict.REFUSAL,
            "the film is not running",
            State.THREADING,
        )


class TestWhatHasCome:
    """A deadline whose thing has come is over, and no alarm is made of it afterwards."""

    def test_a_lamp_that_burns(self) -> None:
        """Each show that was made ready more than 15 s ahead had an alarm of a lamp that does not burn."""
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.FilmReady)
        story.answer()
        story.hear(e.LampLit)
        assert story.asked == ["wait no more for lamp_overdue"]

    def test_a_lamp_that_is_only_read_to_burn(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.FilmReady)
        story.answer()
        story.read(lamp=Lamp.LIT)
        assert "lamp_overdue" not in story.awaited

    def test_a_lamp_that_has_not_come_is_waited_for(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.FilmReady)
        story.answer()
        story.hear(e.DoorMoved, open=True)
        assert "lamp_overdue" in story.awaited

    def test_film_that_is_ready_after_a_fault(self) -> None:
        """A show that paused half an hour after an emergency stop had an alarm of film that is not ready."""
        story = Story().showing()
        story.ask("emergency_stop")
        story.answer()
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        assert (story.state, story.hall.film.ready) == (State.THREADING, True)
        assert "threading_overdue" not in story.awaited

    def test_film_that_was_made_ready_under_local_control(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.LocalSwitched, on=True)
        story.hear(e.FilmReady)
        assert "threading_overdue" not in story.awaited

    def test_speed_though_the_film_is_not_taut_yet(self) -> None:
        story = Story().threaded()
        story.ask("start")
        story.answer()
        story.hear(e.TensionChanged, tension=Tension.FEED)
        assert "start_overdue" in story.awaited
        story.hear(e.MotorAtSpeed)
        assert (story.commands, story.awaited) == ([], set())


class TestLocalKey:
    @pytest.mark.parametrize("begin", [Story.idle, Story.threaded, Story.showing])
    def test_turned_on_commands_nothing_and_is_not_told_as_turned_back(self, begin: Begin) -> None:
        story = begin(Story()).reported(lights=Lights.UP)
        taken = story.hear(e.LocalSwitched, on=True)
        assert (taken.edge, taken.reason, story.commands) == ("", LOCAL, [])

    @pytest.mark.parametrize(
        ("begin", "asked"),
        [
            (Story.idle, ["projection lamp off", "projection lights up"]),
            (Story.threaded, ["projection lights up"]),
            (Story.showing, ["projection dowser open", "sound sound play", "projection lights down"]),
        ],
    )
    def test_turned_back_puts_right_what_hands_have_left_otherwise(self, begin: Begin, asked: list[str]) -> None:
        story = begin(Story())
        story.hear(e.LocalSwitched, on=True)
        story.reported(lamp=Lamp.LIT, lights=Lights.DOWN)
        taken = story.hear(e.LocalSwitched, on=False)
        assert taken.reason == "the LOCAL key was turned back"
        assert story.commands == asked

    def test_turned_back_in_rewinding_moves_nothing(self) -> None:
        story = Story().rewinding()
        story.hear(e.LocalSwitched, on=True)
        story.reported(motor=Motor.STOP)
        story.hear(e.LocalSwitched, on=False)
        assert story.asked == []
