# SPDX-License-Identifier: Apache-2.0
"""What a control session says when it refuses, and where its times and counts begin and end."""

import pytest

from statemachines import session_events as se
from statemachines.events import (
    ClockStepped,
    ConditionRaised,
    FilmReady,
    SessionLost,
    SessionUp,
    TimerDue,
)
from statemachines.session import addressee
from statemachines.session_effects import OpenLink
from statemachines.session_value import SessionState
from statemachines.words import Role, Verdict
from tests.support.session_story import LIFE, ROLE, S, Story, asked, failed, linked, lost, reported, rotating, up

EARLY = 100_000_000


def refused(gen: int) -> se.CredentialRefused:
    return se.CredentialRefused(role=ROLE, gen=gen, words="denied")


def draining() -> Story:
    story = up()
    story.tell(se.SessionUnwanted(role=ROLE))
    story.due("close")
    return story


class TestWords:
    def test_a_wish_that_is_none(self) -> None:
        assert up().tell(se.SessionWanted(role=ROLE)).reason == "session_wanted: the hall wants the session"
        story = draining()
        told = story.tell(se.SessionUnwanted(role=ROLE))
        assert told.reason == "session_unwanted: the hall does not want the session"

    def test_an_end_that_is_an_older_certificates(self) -> None:
        story = rotating()
        story.tell(linked(se.LinkRotated, 2))
        told = story.tell(TimerDue(name=f"session:{ROLE}:expire"))
        assert told.reason == "expire_due: a newer certificate is in use by now"

    def test_news_of_an_attempt_before_this_one(self) -> None:
        told = rotating().tell(linked(se.LinkRotated, 1))
        assert told.reason == "link_rotated: that was generation 1; 2 is being made"

    def test_an_end_with_no_trouble_before_it(self) -> None:
        told = up().due("expire")
        detail = "the sound session's certificate ended and could not be renewed"
        assert ConditionRaised(alarm="certificate_not_renewed_sound", detail=detail) in reported(told)

    def test_what_is_nobodys_affair_leaves_all_as_it_was(self) -> None:
        story = up()
        before = story.session
        assert story.tell(FilmReady(role=ROLE, epoch=1, hw_seq=1)).session is before

    def test_a_timer_of_no_role_is_the_halls(self) -> None:
        assert addressee(TimerDue(name="session:usher:retry")) is None
        assert addressee(TimerDue(name="meal:sound:retry")) is None
        assert addressee(TimerDue(name="session:sound:retry")) is Role.SOUND


class TestTimes:
    @pytest.mark.parametrize(("short_ns", "ends"), [(EARLY, True), (EARLY + 1, False)])
    def test_a_timer_may_come_a_tenth_of_a_second_before_the_certificates_end(self, short_ns: int, ends: bool) -> None:
        story = up()
        story.now += LIFE - short_ns
        told = story.tell(TimerDue(name=f"session:{ROLE}:expire"))
        assert (told.verdict is Verdict.TRANSITION) == ends

    def test_a_session_that_began_anew_is_as_old_as_its_beginning(self) -> None:
        story = up()
        story.now += 5 * S
        story.tell(se.SessionBegun(role=ROLE))
        assert (story.session.since_ns, story.session.at_ns) == (story.now, story.now)
        assert not story.session.wanted

    def test_closing_has_five_seconds(self) -> None:
        story = draining()
        assert story.timers[f"session:{ROLE}:drain"] == story.now + 5 * S

    def test_a_refused_rotation_is_tried_again_after_a_minute(self) -> None:
        story = rotating()
        story.tell(refused(2))
        assert story.timers[f"session:{ROLE}:rotate"] == story.now + 60 * S
        story.due("rotate")
        assert story.session.state is SessionState.ROTATING

    def test_a_rotation_that_is_asked_for_takes_the_place_of_the_one_to_come(self) -> None:
        story = up()
        story.tell(se.RotationAsked(role=ROLE))
        assert story.armed() == {"expire"}

    @pytest.mark.parametrize(("age_s", "delay_ns"), [(15, 3 * S // 4), (14, 9 * S // 4)])
    def test_a_link_that_lasted_as_long_as_the_longest_back_off_was_no_flapping_one(
        self, age_s: int, delay_ns: int
    ) -> None:
        story = up()
        story.tell(se.LinkLost(role=ROLE, gen=1, words="gone", jitter_ppm=1_000_000))
        assert story.session.delay_ns == 3 * S // 4
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        story.now += age_s * S
        story.tell(se.LinkLost(role=ROLE, gen=2, words="gone", jitter_ppm=1_000_000))
        assert story.session.delay_ns == delay_ns

    def test_a_first_key_that_was_minted_when_the_clock_stepped_is_rotated_at_once_and_once(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        story.tell(ClockStepped(delta_ns=10 * S))
        story.tell(linked(se.LinkOpened, 1))
        assert (story.session.rotate_ns, story.session.stepped) == (story.now, False)

    def test_an_attempt_after_the_clock_stepped_mints_a_key_that_lasts(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        story.tell(ClockStepped(delta_ns=10 * S))
        story.tell(failed(1))
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        assert story.session.rotate_ns == story.now + 540 * S

    def test_a_key_minted_after_the_clock_stepped_is_not_rotated_for_that_again(self) -> None:
        story = rotating()
        story.tell(ClockStepped(delta_ns=-10 * S))
        story.tell(se.RotationFailed(role=ROLE, gen=2, error="Unreachable", words="no route", jitter_ppm=0))
        story.due("rotate")
        story.tell(linked(se.LinkRotated, 3))
        assert story.session.rotate_ns == story.now + 540 * S
        assert not story.session.stepped

    def test_a_step_while_a_key_is_on_its_way_is_only_noted(self) -> None:
        told = rotating().tell(ClockStepped(delta_ns=10 * S))
        assert (told.verdict, asked(told)) == (Verdict.INTERNAL, [])


class TestBooks:
    def test_a_new_link_brings_its_serial_and_forgets_failures(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        story.tell(failed(1))
        assert story.session.attempt == 1
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        session = story.session
        assert (session.attempt, session.serial, session.gen, session.link_gen) == (0, 2, 2, 2)

    def test_a_device_that_made_us_say_a_higher_generation_is_greeted_with_the_next_one(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        story.tell(linked(se.LinkOpened, 5))
        story.tell(lost(5))
        assert asked(story.due("retry")) == [OpenLink(role=ROLE, gen=6)]

    def test_a_lost_link_is_in_use_no_more(self) -> None:
        story = up()
        story.tell(lost(1))
        assert story.session.link_gen == 0

    def test_an_alarm_is_returned_once(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        story.tell(refused(1))
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        story.tell(lost(2))
        story.due("retry")
        assert reported(story.tell(linked(se.LinkOpened, 3))) == [SessionUp(role=ROLE, gen=3, last=5)]

    def test_a_failure_is_told_again_after_a_session_that_was_up_and_not_with_every_attempt(self) -> None:
        story = Story()
        story.tell(se.SessionWanted(role=ROLE))
        first = reported(story.tell(failed(1)))
        assert first == [SessionLost(role=ROLE, reason="no route")]
        story.due("retry")
        assert reported(story.tell(failed(2))) == []
        story.due("retry")
        story.tell(linked(se.LinkOpened, 3))
        story.tell(se.SessionUnwanted(role=ROLE))
        story.due("close")
        story.tell(se.LinksDrained(role=ROLE))
        story.tell(se.SessionWanted(role=ROLE))
        assert reported(story.tell(failed(4))) == first
