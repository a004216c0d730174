# SPDX-License-Identifier: Apache-2.0
"""Alarms in their ISA-18.2 states: from normal, by way of a person's eyes, back to normal."""

import pytest

from statemachines import events as e
from statemachines.alarms import AlarmState
from statemachines.effects import ArmTimer, RaiseAlarm, ReturnAlarm
from statemachines.settings import MINUTE
from statemachines.words import State, Tension, Verdict
from tests.support.story import P, S, Story, Told

UNACKNOWLEDGED, ACKNOWLEDGED = AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED
RETURNED, SHELVED = AlarmState.RETURNED, AlarmState.SHELVED

RAISE, RETURN, ACKNOWLEDGE, SHELVE, UNSHELVE = "raise return acknowledge shelve unshelve".split()


def do(story: Story, deed: str) -> None:
    match deed:
        case "raise":
            story.take(e.ConditionRaised(alarm="log_not_writable", detail="the disk is full"))
        case "return":
            story.take(e.ConditionCleared(alarm="log_not_writable"))
        case "acknowledge":
            story.ask("acknowledge", "log_not_writable")
        case "shelve":
            story.ask("shelve", "log_not_writable", minutes=10)
        case _:
            story.due("unshelve:log_not_writable")


@pytest.mark.parametrize(
    ("deeds", "state"),
    [
        ([RAISE], UNACKNOWLEDGED),
        ([RAISE, RAISE], UNACKNOWLEDGED),
        ([RAISE, ACKNOWLEDGE], ACKNOWLEDGED),
        ([RAISE, ACKNOWLEDGE, RAISE], ACKNOWLEDGED),
        ([RAISE, ACKNOWLEDGE, RETURN], None),
        ([RAISE, RETURN], RETURNED),
        ([RAISE, RETURN, RETURN], RETURNED),
        ([RAISE, RETURN, ACKNOWLEDGE], None),
        ([RAISE, RETURN, RAISE], UNACKNOWLEDGED),
        ([RAISE, SHELVE], SHELVED),
        ([RAISE, SHELVE, RAISE], SHELVED),
        ([RAISE, SHELVE, ACKNOWLEDGE], SHELVED),
        ([RAISE, SHELVE, RETURN], None),
        ([RAISE, SHELVE, UNSHELVE], UNACKNOWLEDGED),
        ([RAISE, SHELVE, RETURN, UNSHELVE], None),
        ([RAISE, ACKNOWLEDGE, SHELVE, UNSHELVE], UNACKNOWLEDGED),
        ([RAISE, RETURN, SHELVE], RETURNED),
        ([RETURN], None),
    ],
)
def test_states(deeds: list[str], state: AlarmState | None) -> None:
    story = Story().idle()
    for deed in deeds:
        do(story, deed)
    assert story.alarm("log_not_writable") == state


def test_people_are_told_once_when_it_comes_and_once_when_it_goes() -> None:
    story = Story().idle()
    for deed in (RAISE, RAISE, RETURN, RETURN):
        do(story, deed)
    told = [each for step in story.steps for each in step.effects if isinstance(each, RaiseAlarm | ReturnAlarm)]
    assert [type(each) for each in told] == [RaiseAlarm, ReturnAlarm]


def test_a_shelving_has_an_end() -> None:
    story = Story().idle()
    do(story, RAISE)
    do(story, SHELVE)
    armed = [each for each in story.effects if isinstance(each, ArmTimer)]
    assert [each.name for each in armed] == ["unshelve:log_not_writable"]
    assert story.alarms()["log_not_writable"].until_ns == armed[0].at_ns == story.hall.at_ns + 10 * MINUTE


@pytest.mark.parametrize("minutes", [-5, 0, 1441])
def test_a_shelving_without_an_end_within_a_day_is_refused(minutes: int) -> None:
    story = Story().idle()
    do(story, RAISE)
    refused = story.ask("shelve", "log_not_writable", minutes=minutes)
    assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, "an alarm is shelved for 1 to 1440 minutes")


@pytest.mark.parametrize("verb", ["acknowledge", "shelve"])
def test_an_alarm_that_is_not_there_is_named_in_the_refusal(verb: str) -> None:
    refused = Story().idle().ask(verb, "no_such", minutes=5)
    assert refused.reason == "there is no alarm called 'no_such' in this hall"


class TestOneRoot:
    def test_what_follows_from_a_fault_is_folded_under_it(self) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke)
        story.hear(e.MotorStalled)
        story.take(e.WatchLost(role=S, reason="gone"))
        roots = {name: alarm.root for name, alarm in story.alarms().items()}
        assert roots == {"film_break": "", "motor_stall": "film_break", "watch_lost_sound": "film_break"}

    def test_acknowledging_the_root_acknowledges_what_is_under_it(self) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke)
        story.hear(e.MotorStalled)
        story.ask("acknowledge", "film_break")
        assert {alarm.state for alarm in story.hall.alarms} == {ACKNOWLEDGED}

    def test_what_was_there_before_the_fault_stays_its_own(self) -> None:
        story = Story().showing()
        story.hear(e.DoorMoved, open=True)
        story.hear(e.FilmBroke)
        assert story.alarms()["door_open"].root == ""
        assert story.alarm("door_open") == RETURNED

    def test_leaving_the_fault_returns_it_and_what_is_under_it_but_not_what_still_stands(self) -> None:
        story = Story().showing()
        story.hear(e.FilmBroke)
        story.hear(e.MotorStalled)
        story.take(e.WatchLost(role=S, reason="gone"))
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        assert story.is_in(State.THREADING)
        assert {name: alarm.state for name, alarm in story.alarms().items()} == {"watch_lost_sound": UNACKNOWLEDGED}


class TestFromTheContext:
    def test_a_lost_session_is_an_alarm_in_a_show_and_returns_with_it(self) -> None:
        story = Story().showing()
        story.lost(S)
        assert story.alarm("session_lost_sound") == UNACKNOWLEDGED
        assert "the line is dead" in story.alarms()["session_lost_sound"].words
        story.up(S)
        assert story.alarm("session_lost_sound") == RETURNED

    def test_a_lost_session_while_nothing_runs_is_none(self) -> None:
        story = Story().threaded()
        story.lost(S)
        assert story.hall.alarms == ()

    def test_a_lost_watch_returns_when_it_is_up(self) -> None:
        story = Story().idle()
        story.take(e.WatchLost(role=P, reason="gone"))
        story.take(e.WatchUp(role=P))
        assert story.alarm("watch_lost_projection") == RETURNED

    @pytest.mark.parametrize("over", [lambda s: s.hear(e.DoorMoved, open=False), lambda s: s.ask("stop")])
    def test_an_open_door_is_an_alarm_as_long_as_the_show_runs(self, over: Told) -> None:
        story = Story().showing()
        story.hear(e.DoorMoved, open=True)
        over(story)
        assert story.alarm("door_open") == RETURNED


class TestDissent:
    def _paused_with_a_slack_roller(self, tension: Tension = Tension.FEED) -> Story:
        story = Story().threaded()
        story.hear(e.TensionChanged, tension=tension)
        return story

    @pytest.mark.parametrize(("tension", "sensor"), [(Tension.FEED, "feed roller"), (Tension.TAKEUP, "take-up roller")])
    def test_one_slack_roller_on_standing_film_is_an_alarm_and_blocks_the_start(
        self, tension: Tension, sensor: str
    ) -> None:
        story = self._paused_with_a_slack_roller(tension)
        assert story.alarm("sensor_dissent") == UNACKNOWLEDGED
        assert sensor in story.alarms()["sensor_dissent"].words
        assert story.ask("start").reason.startswith("the film is not taut")

    def test_two_slack_rollers_contradict_nobody(self) -> None:
        assert self._paused_with_a_slack_roller(Tension.SLACK).hall.dissent == ""

    def test_timecode_that_tells_another_place_blocks_the_next_start_but_no_running_show(self) -> None:
        story = Story().showing()
        here_us = 5000 * 1_000_000 // 24
        story.hear(e.TimecodeRead, S, film_us=here_us + 2_900_000, sound_us=here_us + 2_900_000)
        assert story.hall.dissent == ""
        story.hear(e.TimecodeRead, S, film_us=here_us + 3_100_000, sound_us=here_us + 3_100_000)
        assert (story.state, story.hall.dissent) == (State.PROJECTING, "timecode")
        story.ask("stop")
        story.answer()
        story.hear(e.MotorStopped)
        refused = story.ask("start")
        assert refused.reason == "the timecode contradicts the other sensors: check it, then acknowledge its alarm"
        story.ask("acknowledge", "sensor_dissent")
        assert story.alarm("sensor_dissent") is None
        assert story.ask("start").verdict is Verdict.TRANSITION

    def test_a_roller_that_agrees_again_ends_it(self) -> None:
        story = self._paused_with_a_slack_roller()
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        assert (story.hall.dissent, story.alarm("sensor_dissent")) == ("", RETURNED)

    def test_acknowledging_does_not_make_a_roller_that_still_dissents_agree(self) -> None:
        story = self._paused_with_a_slack_roller()
        story.ask("acknowledge", "sensor_dissent")
        story.read()
        assert (story.hall.dissent, story.alarm("sensor_dissent")) == ("feed roller", UNACKNOWLEDGED)
