# SPDX-License-Identifier: Apache-2.0
"""What a booth knows many words for, told with five states and their context."""

import pytest

from statemachines import events as e
from statemachines.label import label
from statemachines.settings import SECOND, Settings
from statemachines.words import Lamp, Motor, Role, Sound, State, Verdict
from tests.support.story import S, Story


def test_a_whole_show_goes_from_idle_to_idle() -> None:
    story = Story().rewinding()
    assert (story.state, label(story.hall)) == (State.REWINDING, "Rewinding")
    story.hear(e.FilmRemoved)
    assert story.is_in(State.IDLE)
    states = [step.hall.state for step in story.steps]
    assert list(dict.fromkeys(states)) == [State.IDLE, State.THREADING, State.PROJECTING, State.REWINDING]


def test_the_start_asks_for_the_motor_and_light_sound_and_dark_wait_for_speed() -> None:
    story = Story().threaded()
    story.hear(e.ShowStarted)
    assert story.commands == ["projection motor run"]
    assert label(story.hall) == "Starting"
    story.answer()
    story.hear(e.MotorAtSpeed)
    assert story.commands == ["projection dowser open", "sound sound play", "projection lights down"]
    story.answer()
    assert label(story.hall) == "Projecting"


def test_paused_and_resumed() -> None:
    story = Story().showing()
    story.ask("stop")
    assert story.commands[:3] == ["projection dowser close", "sound sound mute", "projection motor stop"]
    assert (story.state, label(story.hall)) == (State.THREADING, "Paused at 3:28")
    assert story.hall.film.ready
    story.answer()
    story.hear(e.MotorStopped)
    story.ask("start")
    assert story.is_in(State.PROJECTING)


def test_the_lamp_goes_out_after_its_hold_and_ready_strikes_it_for_the_resumed_show() -> None:
    story = Story().showing()
    story.ask("stop")
    story.answer()
    story.hear(e.MotorStopped)
    story.due("lamp_hold")
    assert story.commands == ["projection lamp off"]
    story.answer()
    refused = story.ask("start")
    assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, "the lamp is not lit, it is cooling")
    assert label(story.hall) == "Paused at 3:28"
    story.hear(e.FilmReady)
    assert story.commands == ["projection lamp on"]
    story.answer()
    assert label(story.hall) == "Threaded, lamp is striking"
    story.hear(e.LampLit)
    story.ask("start")
    assert story.is_in(State.PROJECTING)


def test_a_lamp_that_does_not_burn_in_time_is_an_alarm_until_it_burns() -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    story.hear(e.FilmReady)
    assert "lamp_overdue" in {deadline.name for deadline in story.hall.deadlines}
    story.due("lamp_overdue")
    assert story.alarm("lamp_overdue") == "unacknowledged"
    story.hear(e.LampLit)
    assert story.alarm("lamp_overdue") == "returned_unacknowledged"


def test_the_next_reel_of_a_programme_keeps_sessions_and_lamp_and_counts_on() -> None:
    story = Story(Settings(feet=(2000, 2000))).showing()
    story.hear(e.ReelEnded, frame=31_990)
    assert (story.state, label(story.hall)) == (State.THREADING, "Waiting for reel 2 of 2")
    story.answer()
    story.hear(e.MotorStopped)
    story.hear(e.FilmRemoved)
    assert story.is_in(State.THREADING)
    inserted = story.hear(e.FilmInserted, feet=(2000, 2000), frame=0)
    assert (inserted.verdict, story.hall.film.reel, label(story.hall)) == (Verdict.INTERNAL, 2, "Threading")
    assert story.hall.projector.lamp is Lamp.LIT
    story.hear(e.FilmReady)
    story.hear(e.ShowStarted)
    story.hear(e.ReelEnded, frame=31_990)
    assert story.is_in(State.REWINDING)


def test_a_programme_is_given_up_between_its_reels() -> None:
    story = Story(Settings(feet=(2000, 2000))).showing()
    story.hear(e.ReelEnded)
    story.answer()
    story.hear(e.MotorStopped)
    assert story.ask("stop").reason == "the film is not running"
    story.hear(e.FilmRemoved)
    story.ask("stop")
    assert (story.state, story.hall.film.reel) == (State.IDLE, 1)


def test_rewinding_begins_when_the_tail_has_run_out_and_ends_in_threading_with_film_in_the_gate() -> None:
    story = Story().showing()
    story.hear(e.ReelEnded, frame=31_990)
    assert label(story.hall) == "Running out the tail"
    assert "projection motor rewind" not in story.commands
    story.answer()
    story.hear(e.MotorStopped)
    assert story.commands == ["projection motor rewind"]
    story.answer()
    story.hear(e.Rewound, frame=100)
    assert (story.state, label(story.hall)) == (State.THREADING, "Threading")


def test_a_tail_that_does_not_run_out_by_itself_is_stopped_from_here() -> None:
    story = Story().showing()
    story.hear(e.ReelEnded, frame=31_990)
    story.answer()
    story.due("runout")
    assert story.commands == ["projection motor stop"]


def test_an_empty_gate_after_rewinding_is_idle() -> None:
    story = Story().rewinding()
    story.read(film=False, seq=story.hall.projection.hw_seq + 9)
    story.hear(e.Rewound)
    assert story.is_in(State.IDLE)


def test_rewinding_is_asked_for_without_a_show() -> None:
    story = Story().threaded()
    story.ask("rewind")
    assert (story.state, story.commands) == (State.REWINDING, ["projection lamp off", "projection motor rewind"])
    assert not story.hall.film.ready


def test_bench_rewind_takes_the_film_away_and_stops_the_motor() -> None:
    story = Story().rewinding()
    story.hear(e.FilmRemoved)
    assert (story.state, "projection motor stop" in story.commands) == (State.IDLE, True)


def test_a_platter_rewinds_nothing_and_ends_when_the_film_leaves() -> None:
    story = Story(Settings(platter=True)).ended()
    assert story.is_in(State.REWINDING)
    assert not any("rewind" in command for step in story.steps for command in map(str, step.effects))
    assert story.hall.armed("rewind_overdue") is None
    story.hear(e.FilmRemoved)
    assert story.is_in(State.IDLE)


@pytest.mark.parametrize("hold", ["maintenance", "deployment"])
def test_a_held_hall_refuses_film_and_takes_it_when_the_hold_ends(hold: str) -> None:
    story = Story().idle()
    story.take(e.HoldPlaced(hold=hold, reason="the module is replaced"))
    refused = story.hear(e.FilmInserted)
    assert (refused.verdict, refused.reason) == (
        Verdict.REFUSAL,
        f"the hall is held for {hold}: the module is replaced",
    )
    assert (story.state, label(story.hall)) == (State.IDLE, f"Idle (held for {hold})")
    story.read()
    story.recovered()
    assert story.is_in(State.IDLE)
    story.take(e.HoldLifted(hold=hold))
    assert story.is_in(State.THREADING)


def test_two_holds_both_have_to_end() -> None:
    story = Story().idle()
    story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
    story.take(e.HoldPlaced(hold="deployment", reason="new module"))
    story.hear(e.FilmInserted)
    story.take(e.HoldLifted(hold="deployment"))
    assert story.is_in(State.IDLE)
    story.take(e.HoldLifted(hold="maintenance"))
    assert story.is_in(State.THREADING)


def test_a_hold_refuses_a_start_with_its_reason() -> None:
    story = Story().threaded()
    story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
    assert story.ask("start").reason == "the hall is held for maintenance: cleaning"


def test_a_deployment_hears_its_device_go_without_alarm() -> None:
    story = Story().idle()
    story.take(e.HoldPlaced(hold="deployment", reason="new module"))
    story.hear(e.DeviceRemoved)
    assert (story.state, story.hall.alarms) == (State.IDLE, ())
    story.hear(e.DeviceAdded, epoch=99, hw_seq=1)
    assert story.is_in(State.IDLE)


class TestLocal:
    def test_under_local_control_every_verb_is_refused_and_said_so(self) -> None:
        story = Story().threaded()
        story.hear(e.LocalSwitched, on=True)
        words = "the projector is under local control: turn the LOCAL key back"
        assert [story.ask(verb).reason for verb in ("start", "rewind")] == [words, words]
        assert label(story.hall) == "Threaded, ready to start (under local control)"

    def test_in_a_show_it_is_an_alarm_only_and_the_show_is_not_stopped_from_here(self) -> None:
        story = Story().showing()
        story.hear(e.LocalSwitched, on=True)
        assert (story.state, story.alarm("local_control")) == (State.PROJECTING, "unacknowledged")
        assert story.ask("stop").verdict is Verdict.REFUSAL
        assert story.is_in(State.PROJECTING)

    def test_only_safe_stop_is_sent(self) -> None:
        story = Story().showing()
        story.hear(e.LocalSwitched, on=True)
        story.ask("emergency_stop")
        assert story.commands[:2] == ["projection safe_stop", "sound safe_stop"]

    def test_light_that_waited_for_the_key_comes_when_it_is_turned_back(self) -> None:
        story = Story().threaded()
        story.hear(e.ShowStarted)
        story.answer()
        story.hear(e.LocalSwitched, on=True)
        story.hear(e.MotorAtSpeed)
        assert "projection dowser open" not in story.commands
        story.hear(e.LocalSwitched, on=False)
        assert "projection dowser open" in story.commands

    def test_turning_the_key_back_never_starts_a_motor(self) -> None:
        for story in (Story().threaded(), Story().rewinding(), Story().showing()):
            story.hear(e.LocalSwitched, on=True)
            story.read(motor=Motor.STOP, at_speed=False, dowser_open=False, seq=story.hall.projection.hw_seq + 5)
            story.hear(e.LocalSwitched, on=False)
            assert not {"projection motor run", "projection motor rewind"} & set(story.commands)


def test_film_that_leaves_the_gate_in_a_show_ends_it_with_an_alarm() -> None:
    story = Story().showing()
    story.hear(e.FilmRemoved)
    assert (story.state, story.alarm("film_left_gate")) == (State.IDLE, "unacknowledged")
    assert story.commands[:3] == ["projection dowser close", "sound sound mute", "projection motor stop"]


def test_a_motor_that_stops_by_itself_ends_the_show_with_an_alarm() -> None:
    story = Story().showing()
    story.hear(e.MotorStopped)
    assert (story.state, story.alarm("motor_stopped")) == (State.THREADING, "unacknowledged")


class TestSync:
    @pytest.mark.parametrize(
        ("offset_us", "lost"), [(0, False), (90_000, False), (90_001, True), (-185_000, False), (-185_001, True)]
    )
    def test_sound_falls_back_to_the_analog_track_once_people_would_notice(self, offset_us: int, lost: bool) -> None:
        story = Story().showing()
        at_us = 5000 * 1_000_000 // 24
        story.hear(e.TimecodeRead, S, film_us=at_us, sound_us=at_us + offset_us)
        assert (story.state, story.hall.analog) == (State.PROJECTING, lost)
        assert (story.commands == ["sound sound analog"]) is lost
        assert (story.alarm("sync_lost") is not None) is lost

    def test_silence_of_the_timecode_counts_as_lost(self) -> None:
        story = Story().showing()
        at_us = 5000 * 1_000_000 // 24
        story.hear(e.TimecodeRead, S, film_us=at_us, sound_us=at_us)
        story.wait(60)
        for _ in range(2):
            story.hear(e.HeartbeatHeard, S)
            assert not story.hall.analog
        story.hear(e.HeartbeatHeard, S)
        assert story.hall.analog

    def test_a_controller_that_was_away_takes_no_silence_for_lost_sync(self) -> None:
        """It had the sound fall back to the analog track whenever it was restarted in a show, or stood still in one."""
        story = Story().showing()
        at_us = 5000 * 1_000_000 // 24
        story.hear(e.TimecodeRead, S, film_us=at_us, sound_us=at_us)
        story.wait(60).take(e.HallConfigured(settings=Settings(), incarnation=2))
        assert (story.hall.analog, story.alarm("sync_lost")) == (False, None)

    def test_seventy_millimetres_have_no_analog_track(self) -> None:
        story = Story(Settings(gauge=70)).idle()
        story.hear(e.FilmInserted, gauge=70)
        story.hear(e.FilmReady)
        story.hear(e.LampLit)
        story.hear(e.ShowStarted)
        story.hear(e.MotorAtSpeed)
        story.hear(e.TimecodeRead, S, film_us=0, sound_us=900_000)
        assert (story.hall.analog, story.alarm("sync_lost")) == (False, "unacknowledged")
        assert story.alarms()["sync_lost"].words == "digital sound lost its sync"

    def test_the_next_start_tries_digital_sound_again(self) -> None:
        story = Story().showing()
        at_us = 5000 * 1_000_000 // 24
        story.hear(e.TimecodeRead, S, film_us=at_us, sound_us=at_us + 500_000)
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        story.ask("start")
        story.hear(e.MotorAtSpeed)
        assert "sound sound play" in story.commands


def test_a_projector_without_a_sound_server_is_never_asked_for_sound() -> None:
    story = Story(Settings(roles=(Role.PROJECTION,))).showing()
    story.hear(e.FilmBroke)
    commands = [command for step in story.steps for command in map(str, step.effects)]
    assert not any("role=<Role.SOUND" in command for command in commands)
    assert story.hall.rack.sound is Sound.MUTE


def test_deadlines_are_armed_from_the_event_and_replaced_by_their_name() -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    first = story.hall.armed("threading_overdue")
    story.hear(e.FilmInserted)
    second = story.hall.armed("threading_overdue")
    assert first is not None
    assert second is not None
    assert second.at_ns - first.at_ns == SECOND // 10
    assert second.span_ns == story.hall.settings.timings.threading_overdue
    story.hear(e.FilmReady)
    assert story.hall.armed("threading_overdue") is None
    refused = story.due("threading_overdue")
    assert (refused.verdict, refused.hall) == (Verdict.REFUSAL, story.hall)
