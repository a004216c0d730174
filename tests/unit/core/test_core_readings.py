# SPDX-License-Identifier: Apache-2.0
"""What a read of the hardware, a break and a roller put into a hall, and what they leave as it was."""

from typing import Any

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.hall import Pending, with_device
from statemachines.reading import read
from statemachines.snapshot import Latched, Snapshot
from statemachines.words import Lamp, Latch, Lights, Motor, Role, Sound, State, Tension, Verb
from tests.support.story import P, S, Story

SHOWN: dict[str, Any] = {
    "motor": Motor.RUN,
    "at_speed": True,
    "dowser_open": True,
    "lamp": Lamp.LIT,
    "tension": Tension.FEED,
    "lights": Lights.DOWN,
    "door_open": True,
    "local": True,
    "estop": True,
}


def test_a_projectors_snapshot_is_taken_over_whole() -> None:
    hall = Story().idle().hall
    snapshot = Snapshot(epoch=7, seq=0, frame=77, film=True, ready=True, sound=Sound.PLAY, **SHOWN)
    after = read(hall, P, snapshot)
    assert {name: getattr(after.projector, name) for name in SHOWN} == SHOWN
    assert (after.film.present, after.film.ready, after.film.frame) == (True, True, 77)
    assert after.rack == hall.rack
    assert (after.projection.read_ns, after.projection.unread) == (hall.at_ns, False)


def test_a_sound_servers_snapshot_tells_of_sound_alone() -> None:
    hall = Story().threaded().hall
    after = read(hall, S, Snapshot(epoch=7, seq=0, sound=Sound.PLAY))
    assert after.rack.sound is Sound.PLAY
    assert (after.projector, after.film) == (hall.projector, hall.film)


def test_latches_are_those_of_the_snapshot_in_order() -> None:
    hall = with_device(Story().idle().hall, P, latched=(Latch.STALL,))
    latched = (Latched(name=Latch.ESTOP, seq=9), Latched(name=Latch.BREAK, seq=8))
    assert read(hall, P, Snapshot(epoch=7, seq=0, latched=latched)).projection.latched == (Latch.BREAK, Latch.ESTOP)


def test_numbers_go_on_in_the_same_epoch_and_begin_anew_in_another() -> None:
    hall = with_device(Story().idle().hall, P, epoch=7, hw_seq=40, ahead=(42,), cmd_seq=10)
    same = read(hall, P, Snapshot(epoch=7, seq=41, last=8)).projection
    assert (same.epoch, same.hw_seq, same.ahead, same.cmd_seq) == (7, 40, (42,), 10)
    other = read(hall, P, Snapshot(epoch=8, seq=3, last=700)).projection
    assert (other.epoch, other.hw_seq, other.ahead, other.cmd_seq) == (8, 0, (), 700)


@pytest.mark.parametrize(
    ("shown", "tail"),
    [
        ({}, True),
        ({"dowser_open": True}, False),
        ({"motor": Motor.REWIND}, False),
        ({"motor": Motor.RUN}, True),
        ({"ready": True}, False),
    ],
)
def test_a_tail_in_the_gate_is_over_when_the_picture_or_the_rewinding_shows_it(
    shown: dict[str, Any], tail: bool
) -> None:
    hall = Story().threaded().hall
    hall = replace(hall, film=replace(hall.film, tail=True, between=True))
    after = read(hall, P, Snapshot(epoch=7, seq=0, film=True, **shown)).film
    assert (after.tail, after.between) == (tail, "ready" not in shown)


def test_film_that_was_not_there_before_is_the_awaited_reel() -> None:
    hall = Story().idle().hall
    hall = replace(hall, film=replace(hall.film, tail=True, between=True))
    after = read(hall, P, Snapshot(epoch=7, seq=0, film=True)).film
    assert (after.tail, after.between) == (False, False)
    after = read(hall, P, Snapshot(epoch=7, seq=0)).film
    assert (after.tail, after.between) == (True, True)


def test_broken_film_is_neither_taut_nor_ready() -> None:
    story = Story().showing()
    story.hall = replace(story.hall, film=replace(story.hall.film, ready=True))
    story.hear(e.FilmBroke)
    assert (story.hall.projector.tension, story.hall.film.ready) == (Tension.SLACK, False)


def test_a_controller_that_started_waits_for_no_answer_of_before() -> None:
    story = Story().idle()
    for role in Role:
        story.hall = with_device(story.hall, role, pending=(Pending(cmd_seq=3, verb=Verb.CLEAR),))
    story.recovered()
    assert (story.hall.projection.pending, story.hall.sound.pending) == ((), ())


def test_a_loss_of_nothing_at_the_beginning_of_an_epoch_accounts_for_nothing() -> None:
    story = Story().idle()
    story.take(e.EventsLost(role=P, epoch=99, through=0, count=0))
    assert (story.hall.projection.epoch, story.hall.projection.hw_seq) == (99, 0)


def test_a_lamp_that_should_burn_is_struck_again_when_hands_are_out_of_the_machine() -> None:
    story = Story().threaded()
    story.hear(e.LocalSwitched, on=True)
    story.hear(e.LampWentOut)
    assert story.commands == []
    story.hear(e.LocalSwitched, on=False)
    assert story.commands == ["projection lamp on"]


@pytest.mark.parametrize(
    ("present", "ready", "motor", "dissent"),
    [
        (True, True, Motor.STOP, "feed roller"),
        (True, False, Motor.STOP, ""),
        (False, False, Motor.STOP, ""),
        (True, True, Motor.RUN, ""),
    ],
)
def test_a_slack_roller_contradicts_only_threaded_film_that_stands(
    present: bool, ready: bool, motor: Motor, dissent: str
) -> None:
    story = Story().threaded()
    hall = replace(story.hall, film=replace(story.hall.film, present=present, ready=ready), state=State.THREADING)
    story.hall = replace(hall, projector=replace(hall.projector, motor=motor))
    story.hear(e.TensionChanged, tension=Tension.FEED)
    assert story.hall.dissent == dissent
