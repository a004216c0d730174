# SPDX-License-Identifier: Apache-2.0
"""One control session, opened and closed: where each thing leads, all that is asked for, what is refused and why."""

from collections.abc import Callable

import pytest

from statemachines import session_events as se
from statemachines.events import ClockStepped, ConditionRaised, Event, SessionLost, SessionUp, TimerDue
from statemachines.session import SessionStep
from statemachines.session_effects import CloseLink, OpenLink
from statemachines.session_value import SessionState
from statemachines.words import Verdict
from tests.support.session_story import (
    MAKE,
    ROLE,
    S,
    Story,
    another_host,
    asked,
    backing_off,
    connecting,
    denied,
    draining,
    failed,
    hello,
    is_refused,
    linked,
    reported,
    reports,
)

DOWN, CONNECTING, UP, ROTATING, DRAINING, BACKING_OFF, REFUSED = SessionState
WANTED, UNWANTED = se.SessionWanted(role=ROLE), se.SessionUnwanted(role=ROLE)
DRAINED, ASKED = se.LinksDrained(role=ROLE), se.RotationAsked(role=ROLE)
STEPPED = ClockStepped(delta_ns=10 * S)
NOT_NEEDED = CloseLink(role=ROLE, reason="not needed any longer")
open_now = pytest.mark.parametrize("state", [UP, ROTATING])
waiting = pytest.mark.parametrize("state", [BACKING_OFF, REFUSED])


@pytest.mark.parametrize("state", SessionState)
def test_a_controller_that_starts_begins_anew_with_its_own_settings(state: SessionState) -> None:
    story = MAKE[state]()
    assert story.session.state is state
    settings = se.SessionSettings(close_grace_ns=9 * S)
    told = story.tell(se.SessionBegun(role=ROLE, settings=settings))
    session = story.session
    assert told.verdict is Verdict.TRANSITION
    assert (session.state, session.wanted, session.gen, session.link_gen) == (DOWN, False, 0, 0)
    assert session.settings == settings


class TestWish:
    def test_opens_a_session(self) -> None:
        story = Story()
        told = story.tell(WANTED)
        assert (story.session.state, story.session.wanted, asked(told)) == (
            CONNECTING,
            True,
            [OpenLink(role=ROLE, gen=1)],
        )

    @open_now
    def test_that_comes_back_in_time_keeps_it(self, state: SessionState) -> None:
        story = MAKE[state]()
        story.tell(UNWANTED)
        story.tell(WANTED)
        assert (story.session.state, story.session.wanted, "close" in story.armed()) == (state, True, False)
        late = story.tell(TimerDue(name=f"session:{ROLE}:close"))
        assert is_refused(late, "the hall wants the session")
        assert story.session.state is state

    @open_now
    def test_that_is_there_already_changes_nothing(self, state: SessionState) -> None:
        story = MAKE[state]()
        assert is_refused(story.tell(WANTED), "the hall wants the session")

    @open_now
    def test_that_is_given_up_closes_it_after_its_grace(self, state: SessionState) -> None:
        story = MAKE[state]()
        told = story.tell(UNWANTED)
        assert (story.session.state, story.session.wanted, asked(told)) == (state, False, [])
        assert story.timers[f"session:{ROLE}:close"] == story.now + 5 * S
        assert is_refused(story.tell(UNWANTED), "the hall does not want the session")
        told = story.due("close")
        assert (story.session.state, story.session.link_gen, story.armed()) == (DRAINING, 0, {"drain"})
        assert reported(told) == [SessionLost(role=ROLE, reason="not needed any longer")]
        assert NOT_NEEDED in asked(told)

    def test_that_is_given_up_while_it_opens_ends_that(self) -> None:
        story = connecting()
        assert asked(story.tell(UNWANTED)) == [NOT_NEEDED]
        assert (story.session.state, story.session.wanted, story.armed()) == (DRAINING, False, {"drain"})
        story.tell(DRAINED)
        assert story.session.state is DOWN

    @waiting
    def test_that_is_given_up_while_it_waits_ends_that(self, state: SessionState) -> None:
        story = MAKE[state]()
        told = story.tell(UNWANTED)
        assert (story.session.state, story.session.wanted) == (DOWN, False)
        assert (asked(told), story.armed()) == ([], set())

    def test_may_change_while_it_closes(self) -> None:
        story = draining()
        assert is_refused(story.tell(UNWANTED), "the hall does not want the session")
        for wish in (WANTED, UNWANTED, WANTED):
            told = story.tell(wish)
            assert (told.verdict, told.effects, story.session.state) == (Verdict.INTERNAL, (), DRAINING)
            assert story.session.wanted == (wish is WANTED)
        assert is_refused(story.tell(WANTED), "the hall wants the session")


class TestClosing:
    def test_ends_when_all_is_closed(self) -> None:
        story = draining()
        told = story.tell(DRAINED)
        assert (story.session.state, asked(told), story.armed()) == (DOWN, [], set())

    def test_ends_when_it_takes_too_long(self) -> None:
        story = draining()
        told = story.due("drain")
        assert (story.session.state, asked(told), story.armed()) == (DOWN, [], set())

    @pytest.mark.parametrize("end", [lambda s: s.tell(DRAINED), lambda s: s.due("drain")])
    def test_is_followed_by_opening_when_it_is_wanted_again(self, end: Callable[[Story], SessionStep]) -> None:
        story = draining()
        story.tell(WANTED)
        told = end(story)
        assert (story.session.state, story.armed()) == (CONNECTING, set())
        assert asked(told) == [OpenLink(role=ROLE, gen=2)]


TROUBLES: list[tuple[Callable[[int], se.LinkTrouble], SessionState, str]] = [
    (failed, BACKING_OFF, "Unreachable"),
    (hello("stale"), BACKING_OFF, "hello_refused"),
    (hello("held"), BACKING_OFF, "hello_refused"),
    (hello("version"), REFUSED, "hello_refused"),
    (denied, REFUSED, "credential_refused"),
    (another_host, REFUSED, "host_key_refused"),
]
by_trouble = pytest.mark.parametrize(
    ("trouble", "dest", "kind"), TROUBLES, ids=["unreachable", "stale", "held", "version", "denied", "host key"]
)


class TestOpening:
    def test_brings_the_session_up(self) -> None:
        story = connecting()
        told = story.tell(linked(se.LinkOpened, 1))
        assert (story.session.state, story.session.link_gen) == (UP, 1)
        assert asked(told) == reports(SessionUp(role=ROLE, gen=1, last=5))

    @by_trouble
    def test_that_fails_is_told_kept_and_tried_again(
        self, trouble: Callable[[int], se.LinkTrouble], dest: SessionState, kind: str
    ) -> None:
        story = connecting()
        event = trouble(1)
        told = story.tell(event)
        assert (story.session.state, story.session.attempt) == (dest, 1)
        error = story.session.last_error
        assert error is not None
        assert (error.type, error.words) == (kind, event.words)
        told_hall = [SessionLost(role=ROLE, reason=event.words)]
        if dest is REFUSED:
            words = f"the sound session was refused: {event.words}"
            assert reported(told) == [*told_hall, ConditionRaised(alarm="session_refused_sound", detail=words)]
            assert story.timers == {f"session:{ROLE}:retry": story.now + 60 * S}
        else:
            assert reported(told) == told_hall
            assert S // 4 <= story.timers[f"session:{ROLE}:retry"] - story.now <= 3 * S // 4
        assert asked(story.due("retry")) == [OpenLink(role=ROLE, gen=2)]
        assert story.session.state is CONNECTING

    @by_trouble
    def test_is_not_ended_by_news_of_an_attempt_before(
        self, trouble: Callable[[int], se.LinkTrouble], dest: SessionState, kind: str
    ) -> None:
        del dest, kind
        story = backing_off()
        story.due("retry")
        assert is_refused(story.tell(trouble(1)), "that was generation 1; 2 is being made")
        assert story.session.state is CONNECTING

    def test_is_not_done_by_a_link_of_an_attempt_before(self) -> None:
        story = backing_off()
        story.due("retry")
        told = story.tell(linked(se.LinkOpened, 1))
        assert is_refused(told, "that was generation 1; 2 is being made")
        assert story.session.state is CONNECTING

    @pytest.mark.parametrize(
        ("state", "news"),
        [(BACKING_OFF, ASKED), (REFUSED, ASKED), (BACKING_OFF, se.ServerReturned(role=ROLE)), (REFUSED, STEPPED)],
    )
    def test_is_tried_again_at_once_when_that_may_help(self, state: SessionState, news: Event) -> None:
        story = MAKE[state]()
        assert asked(story.tell(news)) == [OpenLink(role=ROLE, gen=2)]
        assert (story.session.state, story.armed()) == (CONNECTING, set())

    @pytest.mark.parametrize(("state", "news"), [(REFUSED, se.ServerReturned(role=ROLE)), (BACKING_OFF, STEPPED)])
    def test_waits_on_when_it_does_not_help(self, state: SessionState, news: Event) -> None:
        story = MAKE[state]()
        assert story.tell(news).verdict is Verdict.REFUSAL
        assert (story.session.state, story.armed()) == (state, {"retry"})
