# SPDX-License-Identifier: Apache-2.0
"""The life of one control session: what it asks for when, and what it answers to everything else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachines import session_events as se
from statemachines.events import (
    ClockStepped,
    ConditionCleared,
    ConditionRaised,
    Event,
    FilmReady,
    SessionLost,
    SessionUp,
    Stamped,
    TimerDue,
    kind_of,
)
from statemachines.session import addressee, step
from statemachines.session_effects import CloseLink, OpenLink, RotateLink
from statemachines.session_value import ControlSession, SessionState, next_delay_ns
from statemachines.words import Role, Verdict
from tests.support.session_story import (
    LIFE,
    ROLE,
    S,
    Story,
    asked,
    failed,
    linked,
    lost,
    reported,
    rotating,
    rotation_failed,
    up,
)


def test_a_wanted_session_is_opened_and_the_hall_hears_of_it() -> None:
    story = Story()
    assert asked(story.tell(se.SessionWanted(role=ROLE))) == [OpenLink(role=ROLE, gen=1)]
    opened = story.tell(linked(se.LinkOpened, 1, age_ns=2 * S))
    assert opened.verdict is Verdict.TRANSITION
    assert opened.edge == "connecting>up:link_opened"
    assert reported(opened) == [SessionUp(role=ROLE, gen=1, last=5)]
    assert story.session.expires_ns == story.now - 2 * S + LIFE
    assert story.armed() == {"rotate", "expire"}


def test_a_lease_that_had_ended_is_told_with_the_session() -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    told = story.tell(linked(se.LinkOpened, 1, lease_ended=True))
    assert reported(told) == [SessionUp(role=ROLE, gen=1, last=5, lease_ended=True)]


@pytest.mark.parametrize(("jitter_ppm", "after_s"), [(0, 540), (500_000, 570), (1_000_000, 600)])
def test_a_key_is_rotated_between_nine_and_ten_minutes_after_minting(jitter_ppm: int, after_s: int) -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(linked(se.LinkOpened, 1, age_ns=3 * S, jitter_ppm=jitter_ppm))
    assert story.session.rotate_ns - story.session.minted_ns == after_s * S
    assert asked(story.due("rotate")) == [RotateLink(role=ROLE, gen=2)]
    assert story.session.state is SessionState.ROTATING


def test_a_rotation_gives_new_times_and_the_new_generation() -> None:
    story = rotating()
    told = story.tell(linked(se.LinkRotated, 2))
    assert reported(told) == [SessionUp(role=ROLE, gen=2, last=5)]
    assert (story.session.link_gen, story.session.expires_ns) == (2, story.now + LIFE)


def test_a_rotation_that_fails_is_invisible_and_tried_again_with_backoff() -> None:
    story = rotating()
    delays = []
    for gen in (2, 3, 4):
        told = story.tell(rotation_failed(gen, jitter_ppm=1_000_000))
        assert asked(told) == []
        assert story.session.state is SessionState.UP
        delays.append(story.session.rotate_ns - story.now)
        assert asked(story.due("rotate")) == [RotateLink(role=ROLE, gen=gen + 1)]
    assert delays == [750_000_000, 2_250_000_000, 6_750_000_000]
    assert story.session.attempt == 3


@pytest.mark.parametrize("refusal", [se.CredentialRefused, se.HostKeyRefused])
def test_a_rotation_that_is_refused_waits_long_and_keeps_the_link(refusal: type[se.LinkTrouble]) -> None:
    story = rotating()
    assert asked(story.tell(refusal(role=ROLE, gen=2, words="denied"))) == []
    assert story.session.state is SessionState.UP
    assert story.session.rotate_ns == story.now + 60 * S
    assert story.session.last_error is not None
    assert story.session.last_error.words == "denied"


def test_at_its_certificates_end_a_session_is_closed_without_a_successor() -> None:
    story = rotating()
    story.tell(rotation_failed(2))
    ended = story.due("expire")
    lost_event, alarm = reported(ended)
    assert lost_event == SessionLost(role=ROLE, reason="its certificate ended with no successor")
    assert isinstance(alarm, ConditionRaised)
    assert alarm.alarm == "certificate_not_renewed_sound"
    assert "no route" in alarm.detail
    assert CloseLink(role=ROLE, reason="its certificate ended") in ended.effects
    assert asked(story.tell(se.LinksDrained(role=ROLE))) == [OpenLink(role=ROLE, gen=3)]
    again = story.tell(linked(se.LinkOpened, 3))
    assert ConditionCleared(alarm="certificate_not_renewed_sound") in reported(again)
    assert reported(story.due("rotate")) == []


def test_an_end_that_came_too_late_does_not_end_the_new_certificate() -> None:
    story = rotating()
    story.tell(linked(se.LinkRotated, 2))
    told = story.tell(TimerDue(name=f"session:{ROLE}:expire"))
    assert told.verdict is Verdict.REFUSAL
    assert story.session.state is SessionState.UP


def test_a_step_of_the_wall_clock_rotates_at_once_and_lengthens_nothing() -> None:
    story = up()
    before = story.timers[f"session:{ROLE}:expire"]
    story.now += 3600 * S
    assert asked(story.tell(ClockStepped(delta_ns=3600 * S))) == [RotateLink(role=ROLE, gen=2)]
    assert story.timers[f"session:{ROLE}:expire"] == before


def test_a_key_that_was_on_its_way_when_the_clock_stepped_is_rotated_at_once() -> None:
    story = rotating()
    story.tell(ClockStepped(delta_ns=-10 * S))
    story.tell(linked(se.LinkRotated, 2))
    assert story.session.rotate_ns == story.now


def test_failures_back_off_and_the_hall_hears_of_each_kind_once() -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    told = [story.tell(failed(1))]
    for gen, error in ((2, "Unreachable"), (3, "AgentMisbehaved")):
        assert asked(story.due("retry")) == [OpenLink(role=ROLE, gen=gen)]
        told.append(story.tell(failed(gen, error)))
    assert [len(reported(each)) for each in told] == [1, 0, 1]
    assert story.session.attempt == 3


@given(st.lists(st.integers(0, 1_000_000), max_size=30))
def test_backoff_stays_between_its_base_and_its_cap(jitters: list[int]) -> None:
    session = ControlSession(role=ROLE)
    for jitter_ppm in jitters:
        delay_ns = next_delay_ns(session.settings, session.delay_ns, jitter_ppm)
        assert S // 4 <= delay_ns <= min(15 * S, 3 * max(session.delay_ns, S // 4))
        session = ControlSession(role=ROLE, delay_ns=delay_ns)


@pytest.mark.parametrize(
    "refusal",
    [
        se.CredentialRefused(role=ROLE, gen=1, words="denied"),
        se.HostKeyRefused(role=ROLE, gen=1, words="another key"),
        se.HelloRefused(role=ROLE, gen=1, words="version", code="version", jitter_ppm=0),
    ],
)
def test_a_refusal_is_not_hammered_and_an_operator_may_cut_the_wait_short(refusal: Event) -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(refusal)
    assert story.session.state is SessionState.REFUSED
    assert story.timers == {f"session:{ROLE}:retry": story.now + 60 * S}
    assert asked(story.tell(se.RotationAsked(role=ROLE))) == [OpenLink(role=ROLE, gen=2)]
    assert story.timers == {}


def test_a_refused_session_is_an_alarm_until_it_opens_whatever_the_hall_does() -> None:
    """A controller whose clock is two minutes ahead was let in nowhere, and nobody was told before a show."""
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    told = story.tell(se.CredentialRefused(role=ROLE, gen=1, words="compare both clocks"))
    words = "the sound session was refused: compare both clocks"
    assert ConditionRaised(alarm="session_refused_sound", detail=words) in reported(told)
    story.due("retry")
    assert reported(story.tell(se.CredentialRefused(role=ROLE, gen=2, words="compare both clocks"))) == []
    story.due("retry")
    assert ConditionCleared(alarm="session_refused_sound") in reported(story.tell(linked(se.LinkOpened, 3)))


@pytest.mark.parametrize("code", ["stale", "held"])
def test_who_comes_behind_another_tries_again_with_a_higher_generation(code: str) -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(se.HelloRefused(role=ROLE, gen=1, words=code, code=code, jitter_ppm=0))
    assert story.session.state is SessionState.BACKING_OFF
    assert asked(story.due("retry")) == [OpenLink(role=ROLE, gen=2)]


def test_who_waits_for_a_server_that_is_back_waits_no_longer() -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(failed(1))
    assert asked(story.tell(se.ServerReturned(role=ROLE))) == [OpenLink(role=ROLE, gen=2)]
    assert (story.session.state, story.timers) == (SessionState.CONNECTING, {})
    longer = story.session.delay_ns
    story.tell(failed(2))
    assert story.session.delay_ns >= longer, "a server that goes again is not hammered"


@pytest.mark.parametrize("story", [up(), rotating()])
def test_a_server_that_is_back_changes_nothing_for_a_session_that_is_up(story: Story) -> None:
    before = story.session.state
    assert story.tell(se.ServerReturned(role=ROLE)).verdict is Verdict.REFUSAL
    assert story.session.state is before


def test_keys_rotated_by_an_operator_are_rotated_now() -> None:
    assert asked(up().tell(se.RotationAsked(role=ROLE))) == [RotateLink(role=ROLE, gen=2)]


@pytest.mark.parametrize("begin", [up, rotating])
def test_a_lost_link_is_told_and_opened_again(begin: Callable[[], Story]) -> None:
    story = begin()
    told = story.tell(lost(1))
    assert reported(told) == [SessionLost(role=ROLE, reason="three pings unanswered")]
    assert story.armed() == {"retry"}
    assert asked(story.due("retry")) == [OpenLink(role=ROLE, gen=story.session.gen)]


def test_news_of_an_older_link_changes_nothing() -> None:
    story = rotating()
    story.tell(linked(se.LinkRotated, 2))
    told = story.tell(lost(1))
    assert told.verdict is Verdict.REFUSAL
    assert told.reason == "link_lost: that was generation 1; 2 is in use"
    assert told.session == story.session


def test_a_link_that_keeps_dying_is_opened_ever_more_slowly() -> None:
    story = up()
    delays = []
    for gen in range(1, 4):
        story.tell(se.LinkLost(role=ROLE, gen=gen, words="gone", jitter_ppm=1_000_000))
        delays.append(story.session.delay_ns)
        story.due("retry")
        story.tell(linked(se.LinkOpened, gen + 1))
    assert delays == sorted(set(delays))
    story.now += 60 * S
    story.tell(lost(4))
    assert story.session.delay_ns == S // 4


def test_an_unwanted_session_is_closed_after_its_grace() -> None:
    story = up()
    assert asked(story.tell(se.SessionUnwanted(role=ROLE))) == []
    began = story.now
    closed = story.due("close")
    assert story.now - began == 5 * S
    assert reported(closed) == [SessionLost(role=ROLE, reason="not needed any longer")]
    assert CloseLink(role=ROLE, reason="not needed any longer") in closed.effects
    story.tell(se.LinksDrained(role=ROLE))
    assert story.session.state is SessionState.DOWN
    assert story.timers == {}


def test_a_session_that_is_wanted_again_in_time_is_kept() -> None:
    story = up()
    story.tell(se.SessionUnwanted(role=ROLE))
    story.tell(se.SessionWanted(role=ROLE))
    assert story.armed() == {"rotate", "expire"}
    assert story.tell(TimerDue(name=f"session:{ROLE}:close")).verdict is Verdict.REFUSAL


def test_a_session_that_is_wanted_again_too_late_is_opened_anew_even_if_closing_hangs() -> None:
    story = up()
    story.tell(se.SessionUnwanted(role=ROLE))
    story.due("close")
    story.tell(se.SessionWanted(role=ROLE))
    assert asked(story.due("drain")) == [OpenLink(role=ROLE, gen=2)]


def test_an_unwanted_session_that_is_lost_stays_down() -> None:
    story = up()
    story.tell(se.SessionUnwanted(role=ROLE))
    story.tell(lost(1))
    assert story.session.state is SessionState.DOWN
    assert story.timers == {}


def test_opening_is_given_up_when_the_wish_is() -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    told = story.tell(se.SessionUnwanted(role=ROLE))
    assert asked(told) == [CloseLink(role=ROLE, reason="not needed any longer")]
    assert story.tell(linked(se.LinkOpened, 1)).reason == "link_opened: the session is being closed"


@pytest.mark.parametrize("trouble", [failed(1), se.CredentialRefused(role=ROLE, gen=1, words="denied")])
def test_waiting_ends_when_the_wish_does(trouble: Event) -> None:
    story = Story()
    story.tell(se.SessionWanted(role=ROLE))
    story.tell(trouble)
    story.tell(se.SessionUnwanted(role=ROLE))
    assert (story.session.state, story.timers) == (SessionState.DOWN, {})


def test_a_runtime_that_starts_opens_everything_anew_but_forgets_no_alarm() -> None:
    story = rotating()
    story.tell(rotation_failed(2))
    story.due("expire")
    short = se.SessionSettings(rotate_min_ns=S, rotate_max_ns=2 * S)
    story.tell(se.SessionBegun(role=ROLE, settings=short))
    assert (story.session.state, story.session.gen) == (SessionState.DOWN, 0)
    assert story.session.settings == short
    story.tell(se.SessionWanted(role=ROLE))
    opened = story.tell(linked(se.LinkOpened, 1))
    assert ConditionCleared(alarm="certificate_not_renewed_sound") in reported(opened)


@pytest.mark.parametrize(
    "event",
    [
        FilmReady(role=ROLE, epoch=1, hw_seq=1),
        se.SessionWanted(role=Role.PROJECTION),
        TimerDue(name="session:projection:retry"),
        TimerDue(name="lamp_overdue"),
    ],
)
def test_what_is_not_for_this_session_is_refused_with_its_reason(event: Event) -> None:
    told = step(up().session, Stamped(at_ns=1, event=event))
    assert told.verdict is Verdict.REFUSAL
    assert told.reason == f"{kind_of(event)} is no affair of the sound session"


def test_an_event_names_the_session_that_it_is_for() -> None:
    assert addressee(lost(1)) is ROLE
    assert addressee(TimerDue(name="session:projection:retry")) is Role.PROJECTION
    assert addressee(TimerDue(name="session:cellar:retry")) is None
    assert addressee(ClockStepped(delta_ns=1)) is None
