# SPDX-License-Identifier: Apache-2.0
"""Into fault, within it and out of it: what stops, in which order, who is told, and what people have to do."""

import pytest

from statemachines import events as e
from statemachines.settings import Settings
from statemachines.words import Motor, Role, State, Verb, Verdict
from tests.support.story import Begin, P, Story, Told

RUNNING = {
    State.IDLE: Story.idle,
    State.THREADING: Story.threaded,
    State.PROJECTING: Story.showing,
    State.REWINDING: Story.rewinding,
}
by_state = pytest.mark.parametrize("state", RUNNING)
STOP = [
    "projection safe_stop",
    "sound safe_stop",
    "projection lights up",
    "wait for stop_repeat",
    "wait for stop_confirm",
]
CAUSES = [
    (e.EmergencyStopPressed, "emergency_stop"),
    (e.FilmBroke, "film_break"),
    (e.MotorStalled, "motor_stall"),
    (e.MotorOversped, "motor_overspeed"),
    (e.LampFailed, "lamp_failure"),
    (e.DeviceStuck, "device_watchdog"),
    (e.DeviceRemoved, "device_removed"),
]
by_cause = pytest.mark.parametrize(("kind", "cause"), CAUSES, ids=[cause for _, cause in CAUSES])


def reset_into(state: State) -> Story:
    """An emergency stop was reset, the devices are still to clear their latches, and people went on already."""
    story = Story().idle() if state is State.IDLE else Story().threaded()
    story.ask("emergency_stop")
    story.answer()
    story.ask("acknowledge")
    story.stands()
    story.ask("reset")
    if state in (State.PROJECTING, State.REWINDING):
        story.ask("start" if state is State.PROJECTING else "rewind")
    assert story.is_in(state)
    return story


class TestInto:
    @by_state
    @by_cause
    def test_all_stops_in_order_before_people_are_told(
        self, state: State, kind: type[e.KernelEvent], cause: str
    ) -> None:
        story = RUNNING[state](Story())
        story.hear(kind)
        assert story.is_in(State.FAULT)
        assert [each for each in story.asked if "no more" not in each] == [*STOP, f"alarm {cause}"]
        assert story.awaited <= {"stop_repeat", "stop_confirm", "lamp_hold"}

    @by_state
    def test_a_clear_that_the_hardware_refuses_brings_it_back(self, state: State) -> None:
        story = reset_into(state)
        clear = next(each for each in story.hall.projection.pending if each.verb is Verb.CLEAR)
        story.take(e.CommandDone(role=P, cmd_seq=clear.cmd_seq, result="refused:interlock"), e.Source.SESSION)
        assert (story.state, story.hall.fault.cause) == (State.FAULT, "clear_refused")
        assert story.commands == STOP[:3]

    @by_state
    def test_a_device_that_goes_while_its_module_is_replaced_is_expected(self, state: State) -> None:
        story = RUNNING[state](Story())
        story.take(e.HoldPlaced(hold="deployment", reason="new module"))
        taken = story.hear(e.DeviceRemoved)
        assert (story.state, story.hall.alarms) == (state, ())
        assert taken.reason == "expected: the hall is held for a deployment"

    @by_state
    def test_a_device_that_goes_under_any_other_hold_is_none(self, state: State) -> None:
        story = RUNNING[state](Story())
        story.take(e.HoldPlaced(hold="maintenance", reason="cleaning"))
        story.hear(e.DeviceRemoved)
        assert story.is_in(State.FAULT)

    def test_a_show_that_was_being_started_waits_for_its_speed_no_more(self) -> None:
        story = Story().threaded()
        story.ask("start")
        story.hear(e.FilmBroke)
        assert story.awaited == {"stop_repeat", "stop_confirm"}

    def test_a_lamp_that_was_struck_is_waited_for_no_more(self) -> None:
        story = Story().idle()
        story.hear(e.FilmInserted)
        story.hear(e.FilmReady)
        story.ask("emergency_stop")
        assert story.awaited == {"stop_repeat", "stop_confirm", "lamp_hold"}


class TestWithin:
    @by_cause
    def test_a_further_cause_stops_again_and_has_to_be_acknowledged_too(
        self, kind: type[e.KernelEvent], cause: str
    ) -> None:
        story = Story().rewinding()
        story.due("rewind_overdue")
        story.answer()
        story.ask("acknowledge")
        story.hear(kind)
        assert story.state is State.FAULT
        assert story.commands == STOP[:3]
        assert story.hall.fault.cause == "rewind_overdue"
        assert story.alarms()[cause].root == "rewind_overdue"
        story.stands()
        assert story.ask("reset").reason == "acknowledge the fault first"

    def test_a_lamp_that_was_kept_for_the_show_goes_out_in_its_time(self) -> None:
        story = Story().threaded()
        story.ask("emergency_stop")
        story.answer()
        story.due("lamp_hold")
        assert (story.state, story.asked) == (State.FAULT, ["projection lamp off"])

    def test_it_is_acknowledged_with_its_alarm(self) -> None:
        story = Story().broken()
        taken = story.ask("acknowledge")
        assert (taken.verdict, story.state, story.asked) == (Verdict.INTERNAL, State.FAULT, [])
        assert (story.hall.fault.acknowledged_ns, story.alarm("film_break")) == (story.hall.at_ns, "acknowledged")


def emptied(story: Story) -> Story:
    story.broken()
    story.hear(e.FilmRemoved)
    return story


class TestOutOf:
    BEGIN = pytest.mark.parametrize("begin", [Story.broken, emptied], ids=["with film", "empty"])

    @BEGIN
    def test_not_before_a_person_has_acknowledged(self, begin: Begin) -> None:
        story = begin(Story())
        story.stands()
        refused = story.ask("reset")
        assert (refused.verdict, refused.reason, story.state) == (
            Verdict.REFUSAL,
            "acknowledge the fault first",
            State.FAULT,
        )

    @BEGIN
    @pytest.mark.parametrize(
        ("spoil", "reason"),
        [
            (lambda s: s.read(motor=Motor.RUN), "the motor is still running"),
            (lambda s: s.read(dowser_open=True), "the dowser is still open"),
            (lambda s: s.read(estop=True), "the red button is still pressed: pull it out"),
            (lambda s: s.read(door_open=True), "the projector's door is open"),
            (lambda s: s.wait(3), "the projection hardware was last read at"),
        ],
    )
    def test_not_while_the_hardware_is_not_clear(self, begin: Begin, spoil: Told, reason: str) -> None:
        story = begin(Story())
        story.ask("acknowledge")
        story.stands()
        spoil(story)
        refused = story.ask("reset")
        assert refused.verdict is Verdict.REFUSAL
        assert refused.reason.startswith(reason)
        assert story.is_in(State.FAULT)

    def test_with_film_it_is_to_be_threaded_again_and_the_lamp_is_kept_for_it(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        assert story.is_in(State.THREADING)
        assert story.asked == [
            "wait no more for stop_confirm",
            "wait no more for stop_repeat",
            "film_break is over",
            "projection clear",
            "sound clear",
            "wait for threading_overdue",
            "wait for lamp_hold",
        ]

    def test_with_an_empty_gate_all_is_over(self) -> None:
        story = emptied(Story())
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        assert story.is_in(State.IDLE)
        assert story.asked == [
            "wait no more for stop_confirm",
            "wait no more for stop_repeat",
            "film_break is over",
            "projection clear",
            "sound clear",
            "projection lamp off",
        ]


class TestStopAgain:
    def _unconfirmed(self, settings: Settings | None = None) -> Story:
        story = Story(settings).showing()
        story.ask("emergency_stop")
        story.answer("failed:unknown")
        return story

    def test_until_the_hardware_shows_it(self) -> None:
        story = self._unconfirmed()
        story.due("stop_repeat")
        assert story.asked == ["projection safe_stop", "sound safe_stop", "wait for stop_repeat"]

    def test_where_there_is_such_a_device(self) -> None:
        story = self._unconfirmed(Settings(roles=(Role.PROJECTION,)))
        story.due("stop_repeat")
        assert story.asked == ["projection safe_stop", "wait for stop_repeat"]

    def test_no_more_when_it_has_shown_it(self) -> None:
        story = self._unconfirmed()
        story.stands()
        for timer in ("stop_repeat", "stop_confirm"):
            assert (story.due(timer).reason, story.asked) == ("the hardware stands", [])

    def test_and_people_are_told_when_it_does_not_show_it_in_time(self) -> None:
        story = self._unconfirmed()
        story.due("stop_confirm")
        assert story.asked == ["alarm stop_not_confirmed"]


class TestKnown:
    """What is known of the hardware by its words alone, before anything is read."""

    @pytest.mark.parametrize("kind", [e.MotorStalled, e.MotorOversped])
    def test_a_motor_that_stalled_or_raced_is_not_at_its_speed(self, kind: type[e.KernelEvent]) -> None:
        story = Story().showing()
        story.hear(kind)
        assert not story.hall.projector.at_speed

    def test_a_lamp_that_failed_is_not_taken_for_one_that_burns(self) -> None:
        story = Story().threaded()
        story.hear(e.LampFailed)
        story.answer()
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        assert story.ask("start").reason == "the lamp is not lit, it is failed"

    def test_a_red_button_that_was_pressed_is_so_until_it_is_pulled_out(self) -> None:
        story = Story().idle()
        story.hear(e.EmergencyStopPressed)
        story.answer()
        story.ask("acknowledge")
        story.stands()
        assert story.ask("reset").reason == "the red button is still pressed: pull it out"
        story.hear(e.EmergencyStopReleased)
        story.stands()
        story.ask("reset")
        assert story.is_in(State.IDLE)

    def test_film_that_was_rewound_has_no_tail_in_the_gate_though_no_command_was_answered(self) -> None:
        story = Story().ended()
        story.with_film(ready=True)
        story.hear(e.Rewound, frame=100)
        film = story.hall.film
        assert (story.state, film.tail, film.ready) == (State.THREADING, False, False)
