# SPDX-License-Identifier: Apache-2.0
"""What campaigns of faults found in the core, each pinned by the smallest story that shows it."""

from msgspec.structs import replace

from statemachines import events as e
from statemachines.hall import new_hall
from statemachines.machine import step
from statemachines.settings import Settings
from statemachines.words import Motor, Role, State

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
