# SPDX-License-Identifier: Apache-2.0
"""A controller starts beside hardware that may be running: it takes over what runs and never commands a stop."""

from typing import Any

import pytest

from statemachines import events as e
from statemachines.effects import Command
from statemachines.snapshot import Latched
from statemachines.words import Lamp, Latch, Motor, State, Tension
from tests.support.story import Begin, P, S, Story

SHOW: dict[str, Any] = {
    "film": True,
    "ready": True,
    "motor": Motor.RUN,
    "at_speed": True,
    "dowser_open": True,
    "lamp": Lamp.LIT,
}
ADOPTED: list[tuple[str, dict[str, Any], State]] = [
    ("empty", {}, State.IDLE),
    ("film in the gate", {"film": True}, State.THREADING),
    ("a show", SHOW, State.PROJECTING),
    ("rewinding", {"film": True, "motor": Motor.REWIND}, State.REWINDING),
    ("light on film that is slack", {**SHOW, "tension": Tension.FEED}, State.PROJECTING),
]


class TestHardwareAdopted:
    @pytest.mark.parametrize(("name", "shown", "state"), ADOPTED, ids=[row[0] for row in ADOPTED])
    def test_a_new_controller_takes_over_what_runs(self, name: str, shown: dict[str, Any], state: State) -> None:
        story = Story()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=1))
        story.up()
        story.recovered(**shown)
        assert story.is_in(state)
        assert story.hall.recovered
        assert "projection motor stop" not in story.commands

    def test_a_show_that_runs_soundly_is_only_joined(self) -> None:
        story = Story()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=1))
        story.up()
        story.recovered(**SHOW)
        assert story.commands == ["sound sound play", "projection lights down"]
        assert story.hall.lamp_wanted

    @pytest.mark.parametrize(
        ("before", "shown", "state"),
        [
            (Story.showing, SHOW, State.PROJECTING),
            (Story.showing, {"motor": Motor.STOP, "at_speed": False, "dowser_open": False}, State.THREADING),
            (Story.showing, {"motor": Motor.STOP, "at_speed": False, "dowser_open": False, "film": False}, State.IDLE),
            (Story.showing, {"motor": Motor.REWIND, "dowser_open": False, "at_speed": False}, State.REWINDING),
            (Story.showing, {"dowser_open": False}, State.PROJECTING),
            (Story.threaded, SHOW, State.PROJECTING),
            (Story.threaded, {"motor": Motor.REWIND}, State.REWINDING),
            (Story.threaded, {}, State.THREADING),
            (Story.rewinding, {}, State.REWINDING),
            (Story.rewinding, SHOW, State.PROJECTING),
            (Story.idle, {"film": True}, State.THREADING),
            (Story.idle, SHOW, State.PROJECTING),
        ],
    )
    def test_the_log_counts_unless_the_hardware_contradicts_it(
        self, before: Begin, shown: dict[str, Any], state: State
    ) -> None:
        story = before(Story())
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        story.recovered(**shown)
        assert story.is_in(state)

    def test_a_latch_is_a_fault_that_says_which(self) -> None:
        story = Story().showing()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        story.recovered(**SHOW, latched=(Latched(name=Latch.BREAK, seq=4),))
        assert story.is_in(State.FAULT)
        assert "(break)" in story.hall.fault.words
        assert story.commands[0] == "projection safe_stop"

    def test_fault_is_never_left_this_way_and_what_still_moves_is_stopped(self) -> None:
        story = Story().broken()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        story.recovered(**SHOW)
        assert (story.state, story.commands[0]) == (State.FAULT, "projection safe_stop")
        story.recovered(motor=Motor.STOP, at_speed=False, dowser_open=False)
        assert story.is_in(State.FAULT)

    def test_nothing_is_adopted_or_commanded_before_the_projector_was_read(self) -> None:
        story = Story().showing()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        story.take(e.RuntimeRecovered(projection=None, sound=story.snapshot(S)))
        assert (story.state, story.hall.recovered, story.commands) == (State.PROJECTING, False, [])
        story.read(**SHOW)
        assert story.commands == []
        story.recovered(**SHOW)
        assert story.hall.recovered

    def test_what_the_ring_tells_after_a_restart_commands_nothing(self) -> None:
        story = Story().showing()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        device = story.hall.projection
        old = e.ReelEnded(role=P, epoch=device.epoch, hw_seq=device.hw_seq + 1)
        assert story.take(old, e.Source.RING).hall.state is State.REWINDING
        assert story.commands == []

    def test_no_show_starts_before_recovery(self) -> None:
        story = Story().threaded()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.up()
        assert story.ask("start").reason == "the hardware has not been read yet since the controller started"

    def test_an_old_answer_is_not_waited_for_and_counting_goes_on(self) -> None:
        story = Story().threaded()
        story.hear(e.ShowStarted)
        sent = story.hall.projection.cmd_seq
        assert story.hall.projection.pending
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        assert story.hall.projection.pending == ()
        story.up(S)
        story.take(e.SessionUp(role=P, gen=9, last=sent + 5))
        story.recovered()
        story.ask("rewind")
        assert [each.cmd_seq for each in story.effects if isinstance(each, Command)] == [sent + 6, sent + 7]
