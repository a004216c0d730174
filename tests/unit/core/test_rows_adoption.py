# SPDX-License-Identifier: Apache-2.0
"""A controller starts beside hardware: by the log it was in one state, the hardware shows something, and now?"""

from typing import Any

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.settings import MINUTE, SECOND
from statemachines.show import Show
from statemachines.snapshot import Latched
from statemachines.words import Lamp, Latch, Lights, Motor, Sound, State
from tests.support.story import S, Story

STANDS: dict[str, Any] = {"motor": Motor.STOP, "at_speed": False, "dowser_open": False, "lamp": Lamp.COLD}
SHOWN: dict[str, dict[str, Any]] = {
    "empty": {**STANDS, "film": False, "ready": False},
    "film": {**STANDS, "film": True},
    "show": {"motor": Motor.RUN, "at_speed": True, "dowser_open": True, "lamp": Lamp.LIT, "film": True, "ready": True},
    "rewinding": {**STANDS, "film": True, "ready": False, "motor": Motor.REWIND, "at_speed": True},
    "latch": {**STANDS, "film": True, "latched": (Latched(name=Latch.BREAK, seq=4),)},
}
IDLE, THREADING, PROJECTING, REWINDING, FAULT = State
BEGIN = {
    IDLE: Story.idle,
    THREADING: Story.threaded,
    PROJECTING: Story.showing,
    REWINDING: Story.rewinding,
    FAULT: Story.broken,
}

# The log counts unless the hardware contradicts it. An empty gate contradicts no threading and no rewinding.
OUTCOMES = [
    (IDLE, "empty", IDLE),
    (IDLE, "film", THREADING),
    (IDLE, "show", PROJECTING),
    (IDLE, "rewinding", REWINDING),
    (IDLE, "latch", FAULT),
    (THREADING, "empty", THREADING),
    (THREADING, "film", THREADING),
    (THREADING, "show", PROJECTING),
    (THREADING, "rewinding", REWINDING),
    (THREADING, "latch", FAULT),
    (PROJECTING, "empty", IDLE),
    (PROJECTING, "film", THREADING),
    (PROJECTING, "show", PROJECTING),
    (PROJECTING, "rewinding", REWINDING),
    (PROJECTING, "latch", FAULT),
    (REWINDING, "empty", REWINDING),
    (REWINDING, "film", REWINDING),
    (REWINDING, "show", PROJECTING),
    (REWINDING, "rewinding", REWINDING),
    (REWINDING, "latch", FAULT),
    (FAULT, "empty", FAULT),
    (FAULT, "film", FAULT),
    (FAULT, "show", FAULT),
    (FAULT, "rewinding", FAULT),
    (FAULT, "latch", FAULT),
]


def started(state: State) -> Story:
    """By the log the hall is in `state` and a show is near; the controller has just started and reached both servers.

    By the log, too, it had a show that had begun, if it is past threading.
    """
    story = BEGIN[state](Story())
    story.take(e.ShowScheduled(show=Show(id="s2", title="Nosferatu", starts_ns=story.hall.at_ns + 5 * MINUTE)))
    if state in (PROJECTING, REWINDING):
        story.hall = replace(story.hall, show=Show(id="s1", title="Metropolis", starts_ns=SECOND))
    story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
    return story.up()


by_outcome = pytest.mark.parametrize(("before", "shown", "after"), OUTCOMES)


@by_outcome
def test_the_log_counts_unless_the_hardware_contradicts_it(before: State, shown: str, after: State) -> None:
    story = started(before)
    taken = story.recovered(**SHOWN[shown])
    assert (story.state, story.hall.recovered) == (after, True)
    assert taken.edge == f"{before}>{after}:runtime_recovered"


@by_outcome
def test_only_what_differs_from_what_the_state_wants_is_commanded(before: State, shown: str, after: State) -> None:
    story = started(before)
    story.reported(sound=Sound.ANALOG)
    lights = Lights.UP if after is PROJECTING else Lights.DOWN
    story.recovered(**SHOWN[shown], lights=lights)
    rewinds = after is REWINDING and shown != "rewinding"
    assert (
        story.commands
        == {
            IDLE: ["sound sound mute", "projection lights up"],
            THREADING: ["sound sound mute", "projection lights up"],
            PROJECTING: ["sound sound play", "projection lights down"],
            REWINDING: ["sound sound mute", *(["projection motor rewind"] * rewinds), "projection lights up"],
            FAULT: ["projection safe_stop", "sound safe_stop", "projection lights up"],
        }[after]
    )


@by_outcome
def test_nothing_is_commanded_while_the_projector_cannot_be_read(before: State, shown: str, after: State) -> None:
    del after
    story = started(before)
    story.reported(lights=Lights.UP if before is PROJECTING else Lights.DOWN)
    taken = story.take(e.RuntimeRecovered(projection=None, sound=story.snapshot(S)))
    assert story.is_in(before)
    if before is not FAULT:
        assert (story.commands, story.hall.recovered) == ([], False)
        assert taken.reason == "the hardware has not been read yet since the controller started"
    story.recovered(**SHOWN[shown])
    assert story.hall.recovered


@pytest.mark.parametrize("before", [IDLE, THREADING, REWINDING])
def test_a_show_that_is_found_running_has_begun_and_keeps_its_lamp(before: State) -> None:
    story = started(before)
    story.hall = replace(story.hall, show=None)
    story.recovered(**SHOWN["show"], lights=Lights.DOWN)
    assert "show s2 began" in story.asked
    assert (story.hall.lamp_wanted, "lamp_hold" in story.awaited) == (True, False)


@pytest.mark.parametrize("before", [IDLE, THREADING, PROJECTING])
def test_film_that_is_found_rewinding_is_to_be_rewound_in_its_time_and_its_show_is_over(before: State) -> None:
    story = started(before)
    story.hall = replace(story.hall, show=Show(id="s1", title="Metropolis", starts_ns=SECOND))
    story.recovered(**SHOWN["rewinding"])
    assert "show s1 ended" in story.asked
    assert (story.hall.show, "rewind_overdue" in story.awaited) == (None, True)


def test_a_show_whose_film_is_gone_is_over() -> None:
    story = started(PROJECTING)
    story.recovered(**SHOWN["empty"])
    assert "show s1 ended" in story.asked


def test_a_show_that_stopped_with_film_in_the_gate_is_only_paused_and_its_lamp_is_kept_for_a_while() -> None:
    story = started(PROJECTING)
    story.recovered(**{**SHOWN["film"], "lamp": Lamp.LIT})
    assert (story.state, "lamp_hold" in story.awaited) == (THREADING, True)
    assert story.hall.show is not None


@pytest.mark.parametrize("before", [IDLE, THREADING, PROJECTING, REWINDING])
def test_a_latch_names_itself(before: State) -> None:
    story = started(before)
    story.recovered(**SHOWN["latch"])
    assert (story.hall.fault.cause, story.alarm("hardware_latched")) == ("hardware_latched", "unacknowledged")
    assert story.hall.fault.words.endswith("(break)")


def test_a_fault_in_which_all_stands_safe_is_left_alone() -> None:
    story = started(FAULT)
    story.recovered(**SHOWN["film"], lights=Lights.UP)
    assert (story.state, story.commands) == (FAULT, [])
