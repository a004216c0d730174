# SPDX-License-Identifier: Apache-2.0
"""One control session that is up: its new keys, and its end by itself, by its certificate, by a restart."""

from collections.abc import Callable

import pytest

from statemachines import session_events as se
from statemachines.events import ClockStepped, ConditionRaised, Event, SessionLost, SessionUp, TimerDue
from statemachines.session import SessionStep
from statemachines.session_effects import CloseLink, RotateLink
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
    is_refused,
    linked,
    lost,
    reported,
    reports,
    rotating,
    rotation_failed,
    up,
)

DOWN, _, UP, ROTATING, DRAINING, BACKING_OFF, _ = SessionState
WANTED, UNWANTED = se.SessionWanted(role=ROLE), se.SessionUnwanted(role=ROLE)
ASKED = se.RotationAsked(role=ROLE)
STEPPED = ClockStepped(delta_ns=10 * S)
open_now = pytest.mark.parametrize("state", [UP, ROTATING])


class TestNewKeys:
    @pytest.mark.parametrize("begin", [lambda s: s.due("rotate"), lambda s: s.tell(ASKED), lambda s: s.tell(STEPPED)])
    def test_are_asked_for_beside_the_link_in_use(self, begin: Callable[[Story], SessionStep]) -> None:
        story = up()
        told = begin(story)
        assert (story.session.state, story.session.link_gen) == (ROTATING, 1)
        assert (asked(told), story.armed()) == ([RotateLink(role=ROLE, gen=2)], {"expire"})

    def test_take_over_and_a_link_that_lived_to_see_it_was_no_flapping_one(self) -> None:
        story = backing_off()
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        assert story.session.delay_ns > 0
        story.tell(ASKED)
        told = story.tell(linked(se.LinkRotated, 3))
        session = story.session
        assert (session.state, session.link_gen, session.delay_ns) == (UP, 3, 0)
        assert reported(told) == [SessionUp(role=ROLE, gen=3, last=5)]
        assert story.armed() == {"rotate", "expire"}

    @pytest.mark.parametrize(
        ("trouble", "kind", "earliest_s", "latest_s"),
        [
            (rotation_failed, "Unreachable", 0.25, 0.75),
            (denied, "credential_refused", 60, 60),
            (another_host, "host_key_refused", 60, 60),
        ],
        ids=["failed", "denied", "host key"],
    )
    def test_that_cannot_be_had_are_tried_again_later_and_nobody_is_told(
        self, trouble: Callable[[int], se.LinkTrouble], kind: str, earliest_s: float, latest_s: float
    ) -> None:
        story = rotating()
        assert is_refused(story.tell(trouble(1)), "that was generation 1; 2 is being made")
        event = trouble(2)
        told = story.tell(event)
        session = story.session
        assert (session.state, session.link_gen, asked(told)) == (UP, 1, [])
        assert session.last_error is not None
        assert (session.attempt, session.last_error.type, session.last_error.words) == (1, kind, event.words)
        due_ns = story.timers[f"session:{ROLE}:rotate"]
        assert earliest_s * S <= due_ns - story.now <= latest_s * S
        assert session.rotate_ns == due_ns

    def test_of_an_attempt_before_do_not_take_over(self) -> None:
        story = rotating()
        told = story.tell(linked(se.LinkRotated, 1))
        assert is_refused(told, "that was generation 1; 2 is being made")
        assert story.session.state is ROTATING

    @pytest.mark.parametrize(
        ("begin", "link"), [(connecting, linked(se.LinkOpened, 1)), (rotating, linked(se.LinkRotated, 2))]
    )
    def test_that_were_on_their_way_when_the_clock_was_set_are_replaced_at_once(
        self, begin: Callable[[], Story], link: se.Linked
    ) -> None:
        story = begin()
        told = story.tell(STEPPED)
        assert (told.verdict, told.effects) == (Verdict.INTERNAL, ())
        story.tell(link)
        assert story.timers[f"session:{ROLE}:rotate"] == story.now


@open_now
class TestEnd:
    def test_of_a_link_is_told_and_it_is_opened_again(self, state: SessionState) -> None:
        story = MAKE[state]()
        told = story.tell(lost(1))
        session = story.session
        assert (session.state, session.link_gen, session.attempt) == (BACKING_OFF, 0, 1)
        assert session.last_error is not None
        assert session.last_error.words == "three pings unanswered"
        assert asked(told) == reports(SessionLost(role=ROLE, reason="three pings unanswered"))
        assert story.armed() == {"retry"}

    def test_of_a_link_that_nobody_wants_is_the_end(self, state: SessionState) -> None:
        story = MAKE[state]()
        story.tell(UNWANTED)
        told = story.tell(lost(1))
        session = story.session
        assert (session.state, session.link_gen, session.attempt) == (DOWN, 0, 1)
        assert session.last_error is not None
        assert asked(told) == reports(SessionLost(role=ROLE, reason="three pings unanswered"))
        assert story.armed() == set()

    @pytest.mark.parametrize("wish", [WANTED, UNWANTED])
    def test_of_a_link_before_is_no_news(self, state: SessionState, wish: Event) -> None:
        story = MAKE[state]()
        story.tell(wish)
        told = story.tell(lost(7))
        assert is_refused(told, "that was generation 7; 1 is in use")
        assert story.session.state is state

    @pytest.mark.parametrize("wish", [WANTED, UNWANTED])
    @pytest.mark.parametrize("age_s", [14, 15])
    def test_of_a_link_that_lasted_forgets_how_long_was_waited_for_it(
        self, state: SessionState, wish: Event, age_s: int
    ) -> None:
        story = connecting()
        story.tell(se.LinkFailed(role=ROLE, gen=1, error="Unreachable", words="w", jitter_ppm=1_000_000))
        waited_ns = story.session.delay_ns
        assert waited_ns == 3 * S // 4
        story.due("retry")
        story.tell(linked(se.LinkOpened, 2))
        if state is ROTATING:
            story.tell(ASKED)
        story.tell(wish)
        story.now += age_s * S
        story.tell(se.LinkLost(role=ROLE, gen=2, words="gone", jitter_ppm=1_000_000))
        lasted = age_s == 15
        if wish is WANTED:
            assert story.session.delay_ns == (3 * S // 4 if lasted else 9 * S // 4)
        else:
            assert story.session.delay_ns == (0 if lasted else waited_ns)

    def test_of_a_certificate_closes_it_and_people_are_told(self, state: SessionState) -> None:
        story = MAKE[state]()
        told = story.due("expire")
        assert (story.session.state, story.session.link_gen, story.armed()) == (DRAINING, 0, {"drain"})
        words = "the sound session's certificate ended and could not be renewed"
        assert asked(told) == [
            *reports(
                SessionLost(role=ROLE, reason="its certificate ended with no successor"),
                ConditionRaised(alarm="certificate_not_renewed_sound", detail=words),
            ),
            CloseLink(role=ROLE, reason="its certificate ended"),
        ]

    def test_of_a_certificate_that_has_a_successor_is_no_end(self, state: SessionState) -> None:
        story = MAKE[state]()
        told = story.tell(TimerDue(name=f"session:{ROLE}:expire"))
        assert is_refused(told, "a newer certificate is in use by now")
        assert story.session.state is state
