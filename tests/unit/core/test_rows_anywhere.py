# SPDX-License-Identifier: Apache-2.0
"""What may happen in every state is done in every state, and moves none of them."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.alarms import AlarmState
from statemachines.hall import Hall
from statemachines.settings import MINUTE
from statemachines.show import Show, Start
from statemachines.words import Lamp, Lights, Motor, Role, Sound, State, Verdict
from tests.support.story import Begin, P, S, Story, Told

BEGIN = {
    State.IDLE: Story.idle,
    State.THREADING: Story.threaded,
    State.PROJECTING: Story.showing,
    State.REWINDING: Story.rewinding,
    State.FAULT: Story.broken,
}
NAME = "log_not_writable"
everywhere = pytest.mark.parametrize("state", State)


def _hear(kind: type[e.KernelEvent]) -> Told:
    return lambda story: story.hear(kind)


def _due(name: str) -> Told:
    return lambda story: story.due(name)


@everywhere
class TestAlarms:
    def _raised(self, state: State) -> Story:
        story = BEGIN[state](Story())
        story.take(e.ConditionRaised(alarm=NAME, detail="the disk is full"))
        return story

    def test_of_the_controller_are_raised_and_returned(self, state: State) -> None:
        story = self._raised(state)
        assert (story.state, story.asked) == (state, [f"alarm {NAME}"])
        assert story.alarms()[NAME].words == "the disk is full"
        story.take(e.ConditionCleared(alarm=NAME))
        assert (story.state, story.asked, story.alarm(NAME)) == (state, [f"{NAME} is over"], AlarmState.RETURNED)

    def test_are_acknowledged_by_name(self, state: State) -> None:
        story = self._raised(state)
        taken = story.ask("acknowledge", NAME)
        assert (taken.verdict, story.state, story.alarm(NAME)) == (
            Verdict.INTERNAL,
            state,
            AlarmState.ACKNOWLEDGED,
        )

    @pytest.mark.parametrize("verb", ["acknowledge", "shelve"])
    def test_that_are_not_there_are_told_so(self, state: State, verb: str) -> None:
        refused = self._raised(state).ask(verb, "no_such", minutes=5)
        assert (refused.verdict, refused.reason) == (
            Verdict.REFUSAL,
            "there is no alarm called 'no_such' in this hall",
        )

    def test_are_put_aside_for_a_time_and_come_back(self, state: State) -> None:
        story = self._raised(state)
        taken = story.ask("shelve", NAME, minutes=5)
        assert (taken.verdict, story.alarm(NAME)) == (Verdict.INTERNAL, AlarmState.SHELVED)
        assert story.asked == [f"wait for unshelve:{NAME}"]
        story.due(f"unshelve:{NAME}")
        assert (story.state, story.alarm(NAME)) == (state, AlarmState.UNACKNOWLEDGED)

    def test_are_not_put_aside_for_ever(self, state: State) -> None:
        story = self._raised(state)
        refused = story.ask("shelve", NAME, minutes=1441)
        assert (refused.verdict, story.alarm(NAME)) == (Verdict.REFUSAL, AlarmState.UNACKNOWLEDGED)


@everywhere
def test_sessions_are_kept_warm_until_the_moment_that_was_asked_for(state: State) -> None:
    story = BEGIN[state](Story())
    until_ns = story.hall.at_ns + MINUTE
    taken = story.take(e.WarmUpAsked(until_ns=until_ns))
    assert (taken.verdict, story.state, story.asked) == (Verdict.INTERNAL, state, ["wait for warm_over"])
    deadline = story.hall.armed("warm_over")
    assert deadline is not None
    assert deadline.at_ns == until_ns


@everywhere
class TestNextShow:
    def _planned(self, state: State, start: Start = Start.OPERATOR) -> Story:
        """It starts in half an hour."""
        story = BEGIN[state](Story())
        show = Show(id="s2", title="Nosferatu", starts_ns=story.hall.at_ns + 30 * MINUTE, start=start)
        story.take(e.ShowScheduled(show=show))
        return story

    def _waits(self, hall: Hall) -> int:
        """Return how many minutes before the show the hall will be called."""
        deadline = hall.armed("show_due")
        assert deadline is not None
        assert hall.next_show is not None
        return (hall.next_show.starts_ns - deadline.at_ns) // MINUTE

    def test_is_waited_for(self, state: State) -> None:
        story = self._planned(state)
        assert (story.state, story.asked) == (state, ["wait for show_due"])
        assert self._waits(story.hall) == 15

    def test_is_waited_for_no_more_when_it_is_cancelled(self, state: State) -> None:
        story = self._planned(state)
        story.take(e.ShowUnscheduled(show="s2"))
        assert (story.state, story.asked) == (state, ["wait no more for show_due"])

    def test_is_waited_for_anew_when_the_clock_was_set(self, state: State) -> None:
        story = self._planned(state)
        story.wait(20 * 60).take(e.ClockStepped(delta_ns=20 * MINUTE))
        assert story.is_in(state)
        assert "wait for show_due" in story.asked
        assert self._waits(story.hall) == 5

    def test_is_waited_for_from_moment_to_moment(self, state: State) -> None:
        story = self._planned(state)
        story.wait(15 * 60).due("show_due")
        assert (story.state, story.asked) == (state, ["wait for show_due"])
        assert self._waits(story.hall) == 5

    def test_says_what_was_in_its_way_when_it_was_to_start_by_itself(self, state: State) -> None:
        """In any state but threading it only said that it had not started."""
        story = self._planned(state, Start.SCHEDULE)
        story.hear(e.DoorMoved, open=True)
        story.wait(30 * 60).due("show_due")
        why = {
            State.IDLE: "no film is threaded in this hall",
            State.THREADING: "the projector's door is open",
            State.PROJECTING: "the film is already running",
            State.REWINDING: "the film is rewinding",
            State.FAULT: "the hall is in fault: acknowledge and reset it first",
        }
        assert story.is_in(state)
        assert story.alarms()["show_late"].words == f"Nosferatu did not start by itself: {why[state]}"


@everywhere
class TestFirstReading:
    """Over a new session the hardware is read, and what is not as the state wants it is asked for again."""

    def _read(self, state: State, *, recovered: bool = True) -> Story:
        story = BEGIN[state](Story())
        story.lost(P)
        story.up(P)
        story.hall = replace(story.hall, recovered=recovered)
        lights = Lights.UP if state is State.PROJECTING else Lights.DOWN
        # In fault the lights alone are no reason to hurry: there it is the motor that runs.
        moving = {"motor": Motor.RUN, "at_speed": False} if state is State.FAULT else {}
        story.read(P, **{"lights": lights, **moving})
        return story

    def test_puts_right_what_differs(self, state: State) -> None:
        story = self._read(state)
        stop = ["projection safe_stop", "sound safe_stop", "projection lights up"]
        wanted = {State.FAULT: stop, State.PROJECTING: ["projection lights down"]}
        assert (story.state, story.commands) == (state, wanted.get(state, ["projection lights up"]))

    def test_commands_nothing_while_a_controller_that_started_has_not_read_all(self, state: State) -> None:
        story = self._read(state, recovered=False)
        assert (story.state, story.commands) == (state, [])


@everywhere
def test_a_sound_server_that_comes_back_is_put_right_too(state: State) -> None:
    story = BEGIN[state](Story())
    story.lost(S)
    story.up(S)
    story.read(S, sound=Sound.ANALOG)
    assert {
        State.PROJECTING: "sound sound play",
        State.FAULT: "sound safe_stop",
    }.get(state, "sound sound mute") in story.commands


def test_a_lamp_that_was_kept_long_enough_goes_out() -> None:
    story = Story().threaded()
    story.due("lamp_hold")
    assert (story.state, story.asked) == (State.THREADING, ["projection lamp off"])


def test_a_motor_that_has_run_the_tail_out_is_waited_for_no_more() -> None:
    """Ten seconds after each reel but the last a stop was sent to a motor that stood already."""
    story = Story().showing()
    story.with_film(feet=(2000, 2000))
    story.hear(e.ReelEnded, frame=31_990)
    story.answer()
    assert "runout" in story.awaited
    story.wait(2).hear(e.MotorStopped)
    assert (story.state, story.asked) == (State.THREADING, ["wait no more for runout"])


@pytest.mark.parametrize(
    ("begin", "raised", "ended", "name"),
    [
        (
            Story.idle,
            (lambda s: s.hear(e.FilmInserted), _due("threading_overdue")),
            _hear(e.FilmReady),
            "threading_overdue",
        ),
        (
            Story.idle,
            (lambda s: s.hear(e.FilmInserted), _due("threading_overdue")),
            _hear(e.FilmRemoved),
            "threading_overdue",
        ),
        (Story.showing, (_hear(e.MotorStopped),), lambda s: s.ask("start"), "motor_stopped"),
        (Story.showing, (_hear(e.MotorStopped),), _hear(e.FilmRemoved), "motor_stopped"),
        (Story.showing, (_hear(e.FilmRemoved),), _hear(e.FilmInserted), "film_left_gate"),
    ],
)
def test_an_alarm_is_over_with_what_it_told_of(begin: Begin, raised: tuple[Told, ...], ended: Told, name: str) -> None:
    story = begin(Story())
    for tell in raised:
        tell(story)
    story.answer()
    assert story.alarm(name) == AlarmState.UNACKNOWLEDGED
    ended(story)
    assert story.alarm(name) == AlarmState.RETURNED
    assert f"{name} is over" in story.asked


@pytest.mark.parametrize("kind", [e.DeviceAdded, e.DeviceRemoved])
@pytest.mark.parametrize("role", Role)
def test_a_device_that_comes_or_goes_has_its_outputs_in_their_safe_positions(
    role: Role, kind: type[e.KernelEvent]
) -> None:
    """Told by the class device itself, without a number; a hall that only threads goes on, but must strike its lamp."""
    story = Story().threaded().reported(sound=Sound.ANALOG, lights=Lights.DOWN)
    story.take(e.HoldPlaced(hold="deployment", reason="new module"))
    story.hear(kind, role, epoch=0, hw_seq=0)
    assert story.is_in(State.THREADING)
    projector, sound = story.hall.projector, story.hall.rack.sound
    safe = (projector.lamp, projector.lights) == (Lamp.COLD, Lights.UP)
    assert (safe, sound is Sound.MUTE) == (role is P, role is S)
