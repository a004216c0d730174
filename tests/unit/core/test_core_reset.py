# SPDX-License-Identifier: Apache-2.0
"""How a fault is left: by people, with hardware that reads clear, and in no other way."""

from typing import Any

import pytest

from statemachines import events as e
from statemachines.label import label
from statemachines.snapshot import Latched
from statemachines.words import Lamp, Latch, Motor, State, Tension, Verb, Verdict
from tests.support.story import P, S, Story


class TestLeaving:
    """Only an acknowledgement, then a reset while the hardware reads clear."""

    def test_into_threading_with_film_in_the_path(self) -> None:
        story = Story().broken()
        story.hear(e.TensionChanged, tension=Tension.GOOD)
        story.ask("acknowledge")
        assert label(story.hall).startswith("Fault, acknowledged: ")
        story.stands()
        story.ask("reset")
        assert story.is_in(State.THREADING)
        assert story.commands == ["projection clear", "sound clear"]
        assert {"lamp_hold", "threading_overdue"} <= {deadline.name for deadline in story.hall.deadlines}

    def test_into_idle_with_an_empty_gate_and_the_lamp_goes_out(self) -> None:
        story = Story().broken()
        story.hear(e.FilmRemoved)
        assert story.is_in(State.FAULT)
        story.ask("acknowledge", "film_break")
        story.stands()
        story.ask("reset")
        assert (story.state, story.hall.projector.lamp) == (State.IDLE, Lamp.LIT)
        assert "projection lamp off" in story.commands

    def test_the_alarm_of_its_cause_is_normal_again(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        assert story.alarm("film_break") == "acknowledged"
        story.stands()
        story.ask("reset")
        assert story.hall.alarms == ()

    def test_not_without_an_acknowledgement(self) -> None:
        story = Story().broken()
        story.stands()
        assert story.ask("reset").reason == "acknowledge the fault first"

    def test_not_with_a_reading_of_before_the_acknowledgement(self) -> None:
        story = Story().broken()
        story.stands()
        story.ask("acknowledge")
        words = "the projection hardware has not been read since the acknowledgement"
        assert story.ask("reset").reason == words

    def test_not_with_an_old_reading(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        refused = story.wait(3).ask("reset")
        assert "it must answer now" in refused.reason
        assert story.is_in(State.FAULT)

    @pytest.mark.parametrize(
        ("shown", "words"),
        [
            ({"motor": Motor.RUN}, "the motor is still running"),
            ({"at_speed": True}, "the motor is still running"),
            ({"dowser_open": True}, "the dowser is still open"),
            ({"estop": True}, "the red button is still pressed: pull it out"),
            ({"local": True}, "the projector is under local control: turn the LOCAL key back"),
            ({"door_open": True}, "the projector's door is open"),
            ({"tension": Tension.SLACK}, "the film is slack: thread it again or take it out"),
            ({"tension": Tension.FEED, "ready": True}, "the feed roller contradicts the other sensors"),
        ],
    )
    def test_not_with_hardware_that_is_not_clear(self, shown: dict[str, Any], words: str) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        story.read(**shown)
        assert story.ask("reset").reason == words

    def test_slack_rollers_do_not_matter_with_an_empty_gate(self) -> None:
        story = Story().broken()
        story.hear(e.FilmRemoved)
        story.ask("acknowledge")
        story.stands()
        story.read(tension=Tension.SLACK, film=False)
        story.ask("reset")
        assert story.is_in(State.IDLE)

    def test_latches_do_not_hinder_the_reset_that_clears_them(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        story.read(latched=(Latched(name=Latch.BREAK, seq=4),))
        story.ask("reset")
        story.read(latched=(Latched(name=Latch.BREAK, seq=4),))
        assert story.is_in(State.THREADING)
        story.answer()
        assert not story.hall.latched

    @pytest.mark.parametrize("then", [None, e.FilmRemoved, e.ShowStarted])
    def test_a_refused_clear_brings_the_fault_back(self, then: type[e.KernelEvent] | None) -> None:
        story = Story().showing()
        story.ask("emergency_stop")
        story.answer()
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        if then is not None:
            story.hear(then)
        clear = next(each for each in story.hall.projection.pending if each.verb is Verb.CLEAR)
        story.take(e.CommandDone(role=P, cmd_seq=clear.cmd_seq, result="refused:interlock"))
        assert (story.state, story.hall.fault.cause) == (State.FAULT, "clear_refused")

    def test_a_clear_that_only_got_lost_brings_it_back_when_the_latch_is_read(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        story.ask("reset")
        story.answer("failed:unknown")
        assert story.is_in(State.THREADING)
        story.read(latched=(Latched(name=Latch.BREAK, seq=4),))
        assert story.is_in(State.FAULT)

    def test_one_device_that_is_still_clearing_does_not_fault_the_other(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        story.read(latched=(Latched(name=Latch.BREAK, seq=4),))
        story.ask("reset")
        story.answer(role=S)
        story.read(S)
        assert story.is_in(State.THREADING)

    def test_a_further_cause_after_the_acknowledgement_has_to_be_acknowledged_too(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.ask("emergency_stop")
        story.answer()
        story.stands()
        assert story.ask("reset").reason == "acknowledge the fault first"

    @pytest.mark.parametrize("verb", ["start", "stop", "rewind"])
    def test_nothing_else_leaves_it(self, verb: str) -> None:
        story = Story().broken()
        assert story.ask(verb).verdict is Verdict.REFUSAL
        assert story.is_in(State.FAULT)

    def test_there_is_nothing_to_acknowledge_outside_it(self) -> None:
        assert Story().idle().ask("acknowledge").reason == "only in fault, and the hall is idle"

    def test_it_is_acknowledged_once(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        again = story.ask("acknowledge", "film_break")
        assert again.verdict is Verdict.REFUSAL
        assert again.reason.startswith("it was acknowledged at <t:")
