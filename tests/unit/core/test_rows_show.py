# SPDX-License-Identifier: Apache-2.0
"""Shows start, stop, end and are rewound: where each leads, and all that is asked for, in its order."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.settings import MINUTE
from statemachines.show import Show, Start
from statemachines.words import Lamp, Lights, Motor, State, Tension, Verdict
from tests.support.reels import TWO, rewinding_it, runs, second_half, second_reel
from tests.support.story import Begin, P, S, Story, Told

LOCAL = "the projector is under local control: turn the LOCAL key back"
STOPPED = ["projection dowser close", "sound sound mute", "projection motor stop"]
DARK = STOPPED[:2]


class TestStops:
    def test_of_a_show_by_an_operator(self) -> None:
        story = second_half(Story(TWO))
        story.ask("stop")
        assert story.state is State.THREADING
        assert story.asked == [*STOPPED, "projection lights up", "wait for lamp_hold"]

    def test_of_a_show_under_local_control_are_refused(self) -> None:
        story = Story().showing()
        story.hear(e.LocalSwitched, on=True)
        refused = story.ask("stop")
        assert (refused.verdict, refused.reason, story.asked) == (Verdict.REFUSAL, LOCAL, [])

    def test_of_a_show_by_the_motor_itself(self) -> None:
        story = second_half(Story(TWO))
        story.hear(e.MotorStopped)
        assert story.state is State.THREADING
        assert story.asked == [*STOPPED, "projection lights up", "wait for lamp_hold", "alarm motor_stopped"]

    def test_that_are_told_after_the_next_start_leave_no_motor_running(self) -> None:
        story = second_half(Story(TWO))
        story.ask("stop")
        story.answer()
        story.read(motor=Motor.STOP, at_speed=False)  # slower than its speed, and moving all the same
        story.ask("start")
        story.answer()
        assert (story.state, story.hall.projector.motor) == (State.PROJECTING, Motor.RUN)
        story.hear(e.MotorStopped)  # of the stop before: the film stood only now
        assert story.state is State.THREADING
        assert "projection motor stop" in story.asked

    def test_of_a_rewinding_leave_the_film_where_it_is(self) -> None:
        story = Story().rewinding()
        story.ask("stop")
        assert story.is_in(State.THREADING)
        assert story.asked == ["projection motor stop", "wait no more for rewind_overdue"]

    def test_of_a_rewinding_under_local_control_are_refused(self) -> None:
        story = Story().rewinding()
        story.hear(e.LocalSwitched, on=True)
        refused = story.ask("stop")
        assert (refused.verdict, refused.reason, story.state) == (Verdict.REFUSAL, LOCAL, State.REWINDING)


class TestTails:
    def test_of_a_reel_that_is_followed_by_another(self) -> None:
        story = runs(Story(TWO).threaded())
        story.hear(e.ReelEnded, frame=31_990)
        assert (story.state, story.hall.film.reel, story.hall.film.between) == (State.THREADING, 2, True)
        assert story.asked == [
            *DARK,
            "projection lights up",
            "wait for lamp_hold",
            "wait for runout",
        ]

    def test_of_the_last_reel(self) -> None:
        story = second_half(Story(TWO))
        story.hear(e.ReelEnded, frame=31_990)
        assert story.state is State.REWINDING
        assert story.asked == [
            *DARK,
            "projection lights up",
            "show s1 ended",
            "projection lamp off",
            "wait for runout",
        ]

    @pytest.mark.parametrize("begin", [lambda s: runs(s.threaded()), second_half])
    def test_that_do_not_run_out_by_themselves_are_stopped(self, begin: Begin) -> None:
        story = begin(Story(TWO))
        story.hear(e.ReelEnded, frame=31_990)
        story.answer()
        story.due("runout")
        assert story.asked == ["projection motor stop"]

    def test_put_no_light_on_film_whose_speed_is_told_again(self) -> None:
        story = Story().showing()
        story.with_film(tail=True).reported(dowser_open=False)
        taken = story.hear(e.MotorAtSpeed)
        assert (taken.edge, taken.reason, story.asked) == ("", "the picture is over", [])


class TestRewinding:
    def test_is_asked_for_and_ends_a_show_that_was_paused(self) -> None:
        story = second_reel(Story(TWO)).waiting_for("runout")
        story.ask("rewind")
        assert (story.state, story.hall.film.ready) == (State.REWINDING, False)
        assert story.asked == [
            "show s1 ended",
            "wait no more for lamp_hold",
            "projection lamp off",
            "projection motor rewind",
            "wait for rewind_overdue",
            "wait no more for runout",
        ]

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda s: s.with_film(present=False), "there is no film in the path"),
            (lambda s: s.hear(e.LocalSwitched, on=True), LOCAL),
            (lambda s: s.reported(motor=Motor.RUN), "the motor is still running (run)"),
        ],
    )
    def test_is_refused_with_what_stands_in_its_way(self, spoil: Told, reason: str) -> None:
        story = Story().threaded()
        spoil(story)
        refused = story.ask("rewind")
        assert (refused.verdict, refused.reason, story.state) == (Verdict.REFUSAL, reason, State.THREADING)

    def test_begins_when_the_tail_has_run_out_and_not_when_it_stops_on_its_way(self) -> None:
        story = Story().showing()
        story.hear(e.ReelEnded, frame=31_990)
        story.answer()
        story.hear(e.MotorStopped)
        assert story.asked == [
            "projection motor rewind",
            "wait for rewind_overdue",
            "wait no more for runout",
        ]
        story.answer()
        story.hear(e.MotorAtSpeed)
        taken = story.hear(e.MotorStopped)
        assert (taken.edge, taken.reason, story.asked) == ("", "the picture is not over", [])

    def test_ends_with_film_in_the_gate_that_is_threaded_anew(self) -> None:
        story = rewinding_it(Story(TWO))
        story.reported(motor=Motor.REWIND, lights=Lights.DOWN)
        story.hear(e.Rewound, frame=100)
        assert (story.state, story.hall.film.reel) == (State.THREADING, 1)
        assert story.asked == [
            "projection motor stop",
            "projection lights up",
            "wait no more for rewind_overdue",
        ]


START = "start"
DUE = "show_due"


def due(story: Story) -> Story:
    """Film is ready for a show that is to start by itself in a minute."""
    story.threaded()
    show = Show(id="s1", title="Metropolis", starts_ns=story.hall.at_ns + MINUTE, start=Start.SCHEDULE)
    story.take(e.ShowScheduled(show=show))
    return story


def by(starter: str, story: Story) -> str:
    """Start the show, and return what is said of it."""
    if starter == START:
        return story.ask("start").reason
    story.wait(60).due("show_due")
    late = story.alarms().get("show_late")
    return late.words.removeprefix("Metropolis did not start by itself: ") if late else ""


@pytest.mark.parametrize("starter", [START, DUE])
class TestStart:
    """By an operator and by the schedule: the same must hold, and the same is asked for."""

    def test_begins_the_show(self, starter: str) -> None:
        story = due(Story())
        by(starter, story)
        assert (story.state, story.hall.lamp_wanted) == (State.PROJECTING, True)
        assert (
            story.asked
            == [
                "wait no more for show_due",
                "show s1 began",
                "wait no more for lamp_hold",
                "projection motor run",
                "wait for start_overdue",
            ][1 if starter == DUE else 0 :]
        )

    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda s: s.with_film(present=False), "there is no film in the path"),
            (lambda s: s.with_film(ready=False), "the film is not ready: press READY when it is threaded"),
            (lambda s: s.reported(local=True), LOCAL),
            (
                lambda s: s.take(e.HoldPlaced(hold="maintenance", reason="cleaning")),
                "the hall is held for maintenance: cleaning",
            ),
            (
                lambda s: setattr(s, "hall", replace(s.hall, recovered=False)),
                "the hardware has not been read yet since the controller started",
            ),
            (lambda s: s.reported(estop=True), "the red button is pressed: pull it out"),
            (lambda s: s.reported(door_open=True), "the projector's door is open"),
            (
                lambda s: s.reported(tension=Tension.SLACK),
                "the film is not taut: the tension rollers say slack",
            ),
            (
                lambda s: setattr(s, "hall", replace(s.hall, dissent="timecode")),
                "the timecode contradicts the other sensors: check it, then acknowledge its alarm",
            ),
            (lambda s: s.lost(S), "the sound session is not up"),
            (lambda s: s.lost(P), "the projection session is not up"),
            (lambda s: s.reported(motor=Motor.RUN), "the motor is still running (run)"),
            (lambda s: s.reported(lamp=Lamp.COOLING), "the lamp is not lit, it is cooling"),
        ],
    )
    def test_is_refused_by_each_thing_alone_in_its_words(self, starter: str, spoil: Told, reason: str) -> None:
        story = due(Story())
        spoil(story)
        assert by(starter, story).startswith(reason)
        assert (story.state, story.commands) == (State.THREADING, [])
