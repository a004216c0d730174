# SPDX-License-Identifier: Apache-2.0
"""How a hall and a state begin, and whose word counts when its two devices differ."""

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines.film import tail_start
from statemachines.hall import new_hall
from statemachines.settings import MINUTE, SECOND, Settings
from statemachines.show import Show, Start
from statemachines.words import Role, State, Verdict
from tests.support.session_story import rotating
from tests.support.story import P, S, Story


def test_a_new_hall_has_the_programme_of_its_settings() -> None:
    film = new_hall("h1", Settings(gauge=70, feet=(900, 800))).film
    assert (film.gauge, film.feet, film.reel, film.present) == (70, (900, 800), 1, False)


def test_a_state_is_as_old_as_its_transition_and_what_happens_within_makes_it_no_younger() -> None:
    story = Story().idle()
    story.hear(e.FilmInserted)
    began_ns = story.hall.at_ns
    assert (story.state, story.hall.since_ns) == (State.THREADING, began_ns)
    assert story.hear(e.FilmReady).verdict is Verdict.INTERNAL
    assert story.hall.since_ns == began_ns < story.hall.at_ns
    session = rotating()
    assert session.session.since_ns == session.now


@pytest.mark.parametrize("feet", [0, 1, 3])
def test_a_reel_that_is_all_tail_has_it_from_its_first_frame(feet: int) -> None:
    assert tail_start(35, feet) == 0


@pytest.mark.parametrize("role", Role)
def test_a_lost_session_is_told_with_its_own_reason(role: Role) -> None:
    story = Story().showing()
    story.take(e.SessionLost(role=role, reason=f"the {role} line is dead"))
    words = {each.name: each.words for each in story.hall.alarms}
    assert words[f"session_lost_{role}"] == f"the {role} session is lost, the show goes on: the {role} line is dead"


@pytest.mark.parametrize("role", Role)
def test_a_device_restarted_when_its_own_epoch_changed_whatever_the_others_is(role: Role) -> None:
    story = Story().showing()
    other = S if role is P else P
    hall = replace(story.hall, projection=replace(story.hall.projection, epoch=7))
    story.hall = replace(hall, sound=replace(hall.sound, epoch=31))
    own = story.hall.device(role).epoch
    assert own != story.hall.device(other).epoch
    kind = e.FrameCounted if role is P else e.HeartbeatHeard
    story.hear(kind, role, epoch=own)
    assert story.is_in(State.PROJECTING)
    story.hear(kind, role, epoch=own + 1, hw_seq=1)
    assert (story.state, story.hall.fault.cause) == (State.FAULT, "device_restarted")


@pytest.mark.parametrize("role", Role)
def test_a_first_word_of_a_device_is_no_restart(role: Role) -> None:
    story = Story().showing()
    hall = replace(story.hall, projection=replace(story.hall.projection, epoch=7))
    hall = replace(hall, sound=replace(hall.sound, epoch=31))
    story.hall = replace(hall, **{str(role): replace(hall.device(role), epoch=0, hw_seq=0)})
    story.take(e.EventsLost(role=role, epoch=5, through=0, count=0))
    assert story.is_in(State.PROJECTING)


def test_a_show_whose_moment_a_controller_slept_through_says_that_it_is_too_late() -> None:
    story = Story().threaded()
    show = Show(id="s1", title="M", starts_ns=story.hall.at_ns + 60 * MINUTE, start=Start.SCHEDULE)
    story.take(e.ShowScheduled(show=show))
    story.wait(60 * 60 + story.hall.settings.timings.show_late // SECOND)
    story.due("show_due")
    assert story.is_in(State.THREADING)
    words = "M did not start by itself: it is too late for the show to start by itself"
    assert story.alarms()["show_late"].words == words
