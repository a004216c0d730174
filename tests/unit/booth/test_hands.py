# SPDX-License-Identifier: Apache-2.0
"""Hands: what each wish does, and wishes that change nothing and say why."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.booth import hands
from adapters.booth.device import SECOND
from adapters.booth.errors import HandRefused
from adapters.booth.film_path import Reel
from adapters.booth.rig import Rig
from statemachines.snapshot import Snapshot, parse_snapshot
from statemachines.words import Role, Tension
from tests.support.booth import Operator


def new_rig(*feet: int) -> Rig:
    return Rig(
        "h1",
        [Reel(35, each) for each in feet or (180,)],
        list(Role),
        now_ns=0,
        draw_epoch=lambda: 7,
        fps_milli=24_000,
    )


def state(rig: Rig) -> Snapshot:
    return parse_snapshot(json.loads(hands.move(rig, "show"))["projection"])


def test_hands_move_what_they_say() -> None:
    rig = new_rig()
    for wish in ("insert", "ready", "door open", "local on", "estop press"):
        assert hands.move(rig, wish) == "ok"
    now = state(rig)
    assert (now.film, now.ready, now.door_open, now.local, now.estop) == (True,) * 5
    for wish in ("door closed", "local off", "estop release", "remove"):
        assert hands.move(rig, wish) == "ok"
    now = state(rig)
    assert (now.film, now.ready, now.door_open, now.local, now.estop) == (False,) * 5


def test_a_loose_roller_rattles_as_often_as_it_was_told_in_turns_with_everything_else() -> None:
    rig = new_rig()
    hands.move(rig, "insert")
    before = state(rig)
    hands.move(rig, "fault rattle 250")
    turns = []
    while rig.rattles:
        rig.rattle()
        turns.append(state(rig).seq)
    assert len(turns) == 3
    assert turns[-1] == before.seq + 250
    assert rig.projector.journal.ring[-1].split()[2:] == ["tension", "0", "good"]
    hands.move(rig, "fault rattle 250")
    hands.move(rig, "fault clear")
    assert rig.rattles == 0


@pytest.mark.parametrize(
    ("before", "wish", "words"),
    [
        ([], "remove", "h1: there is no film in the path"),
        ([], "ready", "insert a reel first"),
        ([], "rethread", "there is no film"),
        ([], "fault break", "there is no film"),
        (["insert"], "insert", "remove it first"),
        (["insert", "fault break"], "ready", "rethread it first"),
        ([], "acts lights", "choose one of projection, sound"),
        ([], "dance", "choose one of insert, "),
        ([], "fault lose many", "takes a number up to 10000"),
        ([], "fault lose 99999", "takes a number up to 10000"),
        ([], "fault rattle 1000001", "fault rattle takes a number up to 1000000"),
    ],
)
def test_a_wish_that_cannot_be_says_why_and_changes_nothing(before: list[str], wish: str, words: str) -> None:
    rig = new_rig()
    for each in before:
        hands.move(rig, each)
    then = hands.move(rig, "show")
    with pytest.raises(HandRefused, match=words):
        hands.move(rig, wish)
    assert hands.move(rig, "show") == then


def test_nobody_reaches_into_moving_film() -> None:
    rig = new_rig()
    operator = Operator(rig.projector)
    hands.move(rig, "insert")
    operator("motor", "run")
    for wish in ("remove", "rethread"):
        with pytest.raises(HandRefused, match="stop the motor first"):
            hands.move(rig, wish)


def test_dissent_is_a_roller_while_film_stands_and_the_timecode_while_it_runs() -> None:
    rig = new_rig()
    operator = Operator(rig.projector)
    hands.move(rig, "insert")
    hands.move(rig, "fault dissent")
    assert state(rig).tension is Tension.FEED
    hands.move(rig, "fault clear")
    assert state(rig).tension is Tension.GOOD
    operator("motor", "run")
    rig.advance(4 * SECOND)
    operator("dowser", "open")
    hands.move(rig, "fault dissent")
    assert state(rig).tension is Tension.GOOD
    rig.rack.journal.take_unsent()
    rig.advance(8 * SECOND)
    places = {fact.val for fact in rig.rack.journal.take_unsent() if fact.word == "timecode"}
    assert len(places) == 1


def test_timecode_tells_the_place_of_the_film_at_that_instant() -> None:
    rig = new_rig()
    operator = Operator(rig.projector)
    hands.move(rig, "insert")
    operator("motor", "run")
    rig.advance(10 * SECOND)
    places = [fact.val for fact in rig.rack.journal.take_unsent() if fact.word == "timecode"]
    film_us = [int(place.split("x")[0]) for place in places]
    assert {later - earlier for earlier, later in pairwise(film_us)} == {1_000_000}


def test_the_next_reel_follows_a_whole_one_and_the_programme_begins_anew() -> None:
    rig = new_rig(60, 70)
    operator = Operator(rig.projector)
    numbers = []
    for whole in (False, True, True, True):
        hands.move(rig, "insert")
        numbers.append(rig.reel)
        operator("motor", "run")
        operator.wait(60 if whole else 3)
        operator("motor", "stop")
        operator.wait(1)
        hands.move(rig, "remove")
    assert numbers == [1, 1, 2, 1]


def test_acts_tell_what_was_let_through_once_and_in_order() -> None:
    rig = new_rig()
    operator = Operator(rig.projector)
    operator("lights", "down")
    operator("dowser", "open")
    assert rig.projector.command(1, 1, 2, "dowser", "open") == "refused:interlock"
    assert rig.projector.command(1, 0, 3, "lights", "up") == "refused:stale"
    told = json.loads(hands.move(rig, "acts projection"))
    assert told == {"epoch": 7, "acts": ["0 1 1 1 ok lights down", "0 1 1 2 refused:interlock dowser open"]}
    assert json.loads(hands.move(rig, "acts sound"))["acts"] == []


@given(st.lists(st.one_of(st.sampled_from([*hands.MOVES, "show"]), st.text(max_size=30)), max_size=30))
def test_any_line_is_done_or_refused_in_words(wishes: list[str]) -> None:
    rig = new_rig()
    for wish in wishes:
        try:
            assert hands.move(rig, wish)
        except HandRefused as refused:
            assert str(refused).startswith("h1: ")  # noqa: PT017  # the other half of the property
        rig.advance(rig.projector.now_ns + SECOND)
