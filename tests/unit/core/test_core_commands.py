# SPDX-License-Identifier: Apache-2.0
"""What is sent, what is waited for, and light that is never left on film that does not run."""

import pytest

from statemachines import events as e
from statemachines.effects import Command
from statemachines.words import Lamp, Motor, State, Tension, Verb
from tests.support.story import P, S, Story, Told, spelled


class TestLight:
    """Safety rule 1, as far as the core can see."""

    @pytest.mark.parametrize(
        "lose",
        [
            lambda story: story.hear(e.TensionChanged, tension=Tension.FEED),
            lambda story: story.hear(e.DowserMoved, open=True),
        ],
    )
    def test_is_taken_off_film_that_is_not_taut(self, lose: Told) -> None:
        story = Story().showing()
        story.hear(e.TensionChanged, tension=Tension.TAKEUP)
        assert story.commands == ["projection dowser close"]
        lose(story)
        assert story.commands == []
        assert story.is_in(State.PROJECTING)

    def test_comes_back_with_the_tension(self) -> None:
        story = Story().showing()
        story.hear(e.TensionChanged, tension=Tension.FEED)
        story.answer()
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert "projection dowser open" in story.commands

    def test_is_left_alone_by_a_roller_that_says_again_what_it_said_before(self) -> None:
        story = Story().showing()
        for _ in range(3):
            story.hear(e.TensionChanged, tension=Tension.GOOD)
            assert story.commands == []

    def test_comes_back_with_the_tension_though_its_loss_was_never_heard(self) -> None:
        story = Story().showing()
        story.hear(e.DowserMoved, open=False)
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert story.commands == ["projection dowser open"]
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert story.commands == []

    def test_is_taken_off_again_though_an_older_close_was_never_answered(self) -> None:
        story = Story().showing()
        story.hear(e.TensionChanged, tension=Tension.FEED)
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert "projection dowser open" in story.commands
        story.hear(e.TensionChanged, tension=Tension.FEED)
        assert story.commands == ["projection dowser close"]

    def test_is_taken_off_when_an_open_is_answered_too_late(self) -> None:
        story = Story().threaded()
        story.hear(e.ShowStarted)
        story.answer()
        story.hear(e.MotorAtSpeed)
        story.hear(e.TensionChanged, tension=Tension.FEED)
        opening = next(each for each in story.hall.projection.pending if each.verb is Verb.DOWSER)
        story.take(e.CommandDone(role=P, cmd_seq=opening.cmd_seq, result="ok"))
        assert story.commands == ["projection dowser close"]

    def test_a_close_that_failed_is_asked_for_again_by_the_next_event(self) -> None:
        story = Story().showing()
        story.hear(e.TensionChanged, tension=Tension.FEED)
        story.answer("failed:timeout")
        assert story.commands == []
        story.hear(e.HeartbeatHeard)
        assert story.commands == ["projection dowser close"]

    def test_that_somebody_opened_in_idle_is_taken_off(self) -> None:
        story = Story().idle()
        story.hear(e.DowserMoved, open=True)
        assert story.commands == ["projection dowser close"]

    def test_does_not_come_on_after_the_tail(self) -> None:
        story = Story().showing()
        story.hear(e.ReelEnded)
        story.hear(e.MotorAtSpeed)
        assert story.commands == []


class TestAnswers:
    def test_a_second_answer_changes_nothing(self) -> None:
        story = Story().threaded()
        story.hear(e.ShowStarted)
        cmd_seq = story.hall.projection.pending[0].cmd_seq
        done = e.CommandDone(role=P, cmd_seq=cmd_seq, result="ok")
        story.take(done)
        before = story.hall
        again = story.take(done)
        assert (again.effects, again.hall.projection, again.hall.projector) == ((), before.projection, before.projector)

    def test_a_refused_command_leaves_the_actuators_as_they_were(self) -> None:
        story = Story().threaded()
        story.hear(e.ShowStarted)
        story.answer("refused:interlock")
        assert (story.hall.projector.motor, story.hall.projection.pending) == (Motor.STOP, ())

    def test_commands_are_counted_by_device_without_holes(self) -> None:
        story = Story().rewinding()
        numbers: dict[str, list[int]] = {"projection": [], "sound": []}
        for step in story.steps:
            for each in step.effects:
                if isinstance(each, Command):
                    numbers[each.role].append(each.cmd_seq)
        assert numbers["projection"] == list(range(1, len(numbers["projection"]) + 1))
        assert numbers["sound"] == list(range(1, len(numbers["sound"]) + 1))

    def test_what_is_on_its_way_is_bounded_however_often_it_is_asked_for(self) -> None:
        story = Story().showing()
        for _ in range(50):
            story.ask("emergency_stop")
            story.hear(e.FilmBroke)
        assert len(story.hall.projection.pending) <= 14
        assert len(story.hall.sound.pending) <= 5
        stops = [words for step in story.steps[-100:] for words in spelled(step.effects) if words.endswith("safe_stop")]
        assert len(stops) == 200


class TestSessions:
    @pytest.mark.parametrize(
        "suffer",
        [
            lambda story: story.lost(P),
            lambda story: story.lost(S),
            lambda story: story.take(e.WatchLost(role=P, reason="gone")),
            lambda story: story.take(e.CommandOverdue(role=P, cmd_seq=1)),
            lambda story: story.take(e.ClockStepped(delta_ns=-9_000_000_000)),
            lambda story: story.take(e.EventsLost(role=P, epoch=7, count=9, through=900)),
            lambda story: story.take(e.HallConfigured(settings=story.hall.settings, incarnation=9)),
        ],
    )
    def test_losing_the_network_never_stops_the_show(self, suffer: Told) -> None:
        story = Story().showing()
        suffer(story)
        assert (story.state, story.commands) == (State.PROJECTING, [])

    def test_a_routine_command_waits_for_the_session_and_is_found_by_its_first_reading(self) -> None:
        story = Story().showing()
        story.lost(S)
        story.hear(e.ReelEnded)
        assert "sound sound mute" not in story.commands
        story.up(S)
        story.read(S)
        assert story.commands == ["sound sound mute"]

    def test_a_later_reading_commands_nothing(self) -> None:
        story = Story().showing()
        story.lost(S)
        story.up(S)
        story.read(S)
        story.read(S, sound="mute")
        assert story.commands == []

    def test_a_show_that_runs_well_is_only_joined_by_a_new_session(self) -> None:
        story = Story().showing()
        story.lost(P)
        story.up(P)
        story.read(dowser_open=True, motor=Motor.RUN, at_speed=True)
        assert (story.state, story.commands) == (State.PROJECTING, [])

    def test_a_rotation_is_no_new_session(self) -> None:
        story = Story().showing()
        since = story.hall.projection.link.since_ns
        story.up(P)
        assert story.hall.projection.link.since_ns == since
        assert not story.hall.projection.unread

    def test_a_start_names_the_session_that_is_missing_and_since_when(self) -> None:
        story = Story().threaded()
        story.lost(S)
        reason = story.ask("start").reason
        assert reason == f"the sound session is not up since <t:{story.hall.sound.link.since_ns}>: the line is dead"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda s: s.hear(e.DoorMoved, open=True), "the projector's door is open"),
        (
            lambda s: s.hear(e.TensionChanged, tension=Tension.SLACK),
            "the film is not taut: the tension rollers say slack",
        ),
        (lambda s: s.read(lamp=Lamp.COLD), "the lamp is not lit, it is cold"),
        (lambda s: s.read(ready=False), "the film is not ready: press READY when it is threaded"),
        (lambda s: s.read(estop=True), "the red button is pressed: pull it out"),
        (lambda s: s.read(motor=Motor.RUN), "the motor is still running (run)"),
    ],
)
def test_a_start_is_refused_by_the_guard_that_fails_in_its_words(spoil: Told, reason: str) -> None:
    story = Story().threaded()
    spoil(story)
    assert story.ask("start").reason == reason
    assert story.commands == []
