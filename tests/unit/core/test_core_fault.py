# SPDX-License-Identifier: Apache-2.0
"""What leads to fault, what does not, what happens there, and how it is left."""

import pytest

from statemachines import events as e
from statemachines.effects import Command, RaiseAlarm
from statemachines.hall import Hall, with_device
from statemachines.label import label
from statemachines.snapshot import Latched
from statemachines.words import Latch, Motor, State, Verdict
from tests.support.story import P, S, Story, Told

BEFORE = {
    State.IDLE: Story.idle,
    State.THREADING: Story.threaded,
    State.PROJECTING: Story.showing,
    State.REWINDING: Story.rewinding,
}
CAUSES = {
    e.EmergencyStopPressed: "emergency_stop",
    e.FilmBroke: "film_break",
    e.MotorStalled: "motor_stall",
    e.MotorOversped: "motor_overspeed",
    e.LampFailed: "lamp_failure",
    e.DeviceStuck: "device_watchdog",
    e.DeviceRemoved: "device_removed",
}


@pytest.mark.parametrize("state", BEFORE)
@pytest.mark.parametrize(("kind", "cause"), CAUSES.items(), ids=CAUSES.values())
def test_to_fault_from_any_state(state: State, kind: type[e.KernelEvent], cause: str) -> None:
    story = BEFORE[state](Story())
    story.hear(kind)
    assert (story.state, story.hall.fault.cause, story.alarm(cause)) == (State.FAULT, cause, "unacknowledged")
    assert label(story.hall) == f"Fault: {story.hall.fault.words}"


def test_everything_stops_in_order_before_people_are_told() -> None:
    story = Story().showing()
    story.hear(e.FilmBroke)
    told = [each for each in story.effects if isinstance(each, Command | RaiseAlarm)]
    assert story.commands == ["projection safe_stop", "sound safe_stop", "projection lights up"]
    assert all(each.safety for each in told if isinstance(each, Command))
    assert isinstance(told[3], RaiseAlarm)


@pytest.mark.parametrize("state", BEFORE)
def test_a_latch_that_a_snapshot_shows_is_a_fault_too(state: State) -> None:
    story = BEFORE[state](Story())
    story.read(latched=(Latched(name=Latch.OVERSPEED, seq=3),))
    assert (story.state, story.hall.fault.cause) == (State.FAULT, "hardware_latched")
    assert story.hall.fault.words.endswith("(overspeed)")


def test_rewinding_that_takes_too_long_is_a_fault() -> None:
    story = Story().rewinding()
    story.due("rewind_overdue")
    assert (story.state, story.hall.fault.cause) == (State.FAULT, "rewind_overdue")


@pytest.mark.parametrize(
    ("tell", "alarm"),
    [
        (lambda story: story.hear(e.DoorMoved, open=True), "door_open"),
        (lambda story: story.hear(e.FrameCounted, frame=40_000), "reel_overlong"),
        (lambda story: story.take(e.WatchLost(role=P, reason="gone")), "watch_lost_projection"),
        (lambda story: story.lost(P), "session_lost_projection"),
        (lambda story: story.lost(S), "session_lost_sound"),
        (lambda story: story.hear(e.TimecodeRead, S, film_us=0, sound_us=0), "sensor_dissent"),
        (lambda story: story.take(e.ConditionRaised(alarm="log_not_writable", detail="disk full")), "log_not_writable"),
    ],
)
def test_only_an_alarm_while_the_show_goes_on(tell: Told, alarm: str) -> None:
    story = Story().showing()
    tell(story)
    assert (story.state, story.alarm(alarm)) == (State.PROJECTING, "unacknowledged")
    assert story.commands == []


def test_threading_overdue_is_only_an_alarm() -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    story.due("threading_overdue")
    assert (story.state, story.alarm("threading_overdue")) == (State.THREADING, "unacknowledged")


def test_a_start_that_does_not_reach_its_speed_is_only_an_alarm() -> None:
    story = Story().threaded()
    story.hear(e.ShowStarted)
    story.due("start_overdue")
    assert (story.state, story.alarm("start_overdue")) == (State.PROJECTING, "unacknowledged")
    story.hear(e.MotorAtSpeed)
    assert story.alarm("start_overdue") == "returned_unacknowledged"


class TestRestart:
    """A device that starts anew forgets what it did: a show cannot go on over it."""

    @pytest.mark.parametrize("state", [State.PROJECTING, State.REWINDING])
    @pytest.mark.parametrize(
        "tell",
        [
            lambda story: story.hear(e.DeviceAdded, epoch=99, hw_seq=1),
            lambda story: story.hear(e.DeviceAdded, epoch=0, hw_seq=0),
            lambda story: story.hear(e.HeartbeatHeard, epoch=99, hw_seq=4),
            lambda story: story.hear(e.FilmRemoved, epoch=99, hw_seq=2),
            lambda story: story.read(epoch=99, seq=0),
            lambda story: story.read(epoch=99, seq=7),
            lambda story: story.take(e.EventsLost(role=P, epoch=99, count=1, through=1)),
        ],
    )
    def test_ends_in_fault_while_film_runs(self, state: State, tell: Told) -> None:
        story = BEFORE[state](Story())
        tell(story)
        assert (story.state, story.hall.fault.cause) == (State.FAULT, "device_restarted")

    def test_a_break_in_a_new_epoch_keeps_its_own_name(self) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke, epoch=99, hw_seq=2)
        assert story.hall.fault.cause == "film_break"

    @pytest.mark.parametrize("state", [State.IDLE, State.THREADING])
    def test_is_no_fault_while_everything_stands(self, state: State) -> None:
        story = BEFORE[state](Story())
        story.hear(e.DeviceAdded, epoch=99, hw_seq=1)
        assert story.is_in(state)

    def test_the_first_word_of_a_device_is_no_restart(self) -> None:
        story = Story().showing()
        story.hall = _unheard(story)
        story.hear(e.HeartbeatHeard, S, epoch=5, hw_seq=1)
        assert story.is_in(State.PROJECTING)

    def test_film_put_in_as_the_first_word_of_a_new_epoch_is_taken(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted, epoch=99, hw_seq=1)
        assert story.is_in(State.THREADING)


def _unheard(story: Story) -> Hall:

    return with_device(story.hall, S, epoch=0, hw_seq=0)


class TestEmergencyStop:
    @pytest.mark.parametrize("state", [*BEFORE, State.FAULT])
    def test_is_never_refused_however_old(self, state: State) -> None:
        story = BEFORE[state](Story()) if state in BEFORE else Story().broken()
        taken = story.ask("emergency_stop", expired=True)
        assert (taken.verdict is Verdict.REFUSAL, story.state) == (False, State.FAULT)
        assert story.commands[:2] == ["projection safe_stop", "sound safe_stop"]

    def test_goes_out_even_with_no_session(self) -> None:
        story = Story().showing()
        story.lost(P)
        story.lost(S)
        story.ask("emergency_stop")
        assert story.commands[:2] == ["projection safe_stop", "sound safe_stop"]

    def test_is_repeated_until_the_hardware_shows_it(self) -> None:
        story = Story().showing()
        story.ask("emergency_stop")
        assert story.due("stop_repeat").edge
        assert story.commands == []
        story.answer("failed:timeout")
        story.due("stop_repeat")
        assert story.commands == ["projection safe_stop", "sound safe_stop"]
        story.answer()
        story.read(motor=Motor.RUN, dowser_open=False)
        story.due("stop_repeat")
        assert "projection safe_stop" in story.commands
        story.stands()
        assert story.hall.fault.confirmed
        assert story.due("stop_repeat").reason == "the hardware stands"
        assert story.hall.armed("stop_repeat") is None

    def test_that_is_not_confirmed_in_two_seconds_is_an_alarm_until_it_is(self) -> None:
        story = Story().showing()
        story.ask("emergency_stop")
        deadline = story.hall.armed("stop_confirm")
        assert deadline is not None
        assert deadline.span_ns == 2_000_000_000
        story.due("stop_confirm")
        assert story.alarm("stop_not_confirmed") == "unacknowledged"
        assert story.alarms()["stop_not_confirmed"].root == "emergency_stop"
        story.stands()
        assert story.alarm("stop_not_confirmed") == "returned_unacknowledged"

    def test_a_session_that_comes_back_to_moving_hardware_stops_it_again(self) -> None:
        story = Story().showing()
        story.lost(P)
        story.ask("emergency_stop")
        story.answer("failed:down")
        story.up(P)
        story.read(motor=Motor.RUN, at_speed=True, dowser_open=True)
        assert story.commands[0] == "projection safe_stop"
