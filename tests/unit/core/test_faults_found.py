# SPDX-License-Identifier: Apache-2.0
"""What campaigns of faults found in the core, each pinned by the smallest story that shows it."""

from msgspec.structs import replace

from statemachines import events as e
from statemachines.hall import new_hall
from statemachines.machine import step
from statemachines.settings import Settings
from statemachines.words import Motor, Role, State, Verdict
from tests.support.story import Story

_SHOWING = new_hall("h1", Settings())
SHOWING = replace(
    _SHOWING,
    state=State.PROJECTING,
    recovered=True,
    film=replace(_SHOWING.film, present=True, ready=True, frame=48_000),
    projector=replace(_SHOWING.projector, motor=Motor.RUN, at_speed=True, dowser_open=True),
)


def told(source: e.Source) -> str:
    """Return which sensor dissents once an old timecode has been told."""
    old = e.TimecodeRead(role=Role.SOUND, epoch=3, hw_seq=9, film_us=10_000_000, sound_us=10_000_000)
    return step(SHOWING, e.Stamped(at_ns=10**12, event=old, source=source)).hall.dissent


def test_a_timecode_out_of_the_ring_contradicts_no_frame_counter() -> None:
    """After a restart both rings are told one after the other: the rack's timecodes are older than the film's place."""
    assert told(e.Source.RING) == ""
    assert told(e.Source.KERNEL) == "timecode"


def test_a_start_within_the_spin_down_of_a_stop_is_refused_until_the_film_stands() -> None:
    """START came 150 ms after STOP: the old stop's `stopped` ended the new show, whose motor ran on unseen."""
    story = Story().showing()
    story.hear(e.ShowStopped)
    story.answer()
    refused = story.hear(e.ShowStarted)
    assert (refused.verdict, refused.reason) == (Verdict.REFUSAL, "the film does not stand yet: try again in a moment")
    assert (story.state, story.commands) == (State.THREADING, [])
    story.hear(e.MotorStopped)
    story.hear(e.ShowStarted)
    assert story.state is State.PROJECTING
    assert "projection motor run" in story.commands


def test_film_that_was_never_heard_to_stand_is_seen_to_by_the_next_snapshot() -> None:
    story = Story().showing()
    story.hear(e.ShowStopped)
    story.answer()
    story.read(motor=Motor.STOP, at_speed=False)
    story.hear(e.ShowStarted)
    assert story.state is State.PROJECTING
