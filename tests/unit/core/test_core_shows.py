# SPDX-License-Identifier: Apache-2.0
"""A hall and its shows: sessions ahead, the right programme, when a show begins and when it is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from statemachines import events as e
from statemachines.hall import Hall
from statemachines.machine import step
from statemachines.settings import MINUTE, SECOND, Settings
from statemachines.show import Show, Start
from statemachines.wanted import wanted
from statemachines.words import Motor, Role, State
from tests.support.halls import any_show
from tests.support.planning import begun, notes, planned, schedule, threaded, until
from tests.support.story import Begin, Story, Told

TIMINGS = Settings().timings


class TestSessions:
    def test_open_fifteen_minutes_ahead_of_the_show_and_not_before(self) -> None:
        story = Story().idle()
        show = schedule(story)
        until(story, show.starts_ns - 15 * MINUTE - SECOND)
        assert wanted(story.hall) == frozenset()
        until(story, show.starts_ns - 15 * MINUTE)
        assert wanted(story.hall) == frozenset(Role)

    def test_open_at_once_when_the_show_is_near(self) -> None:
        story = Story().idle()
        schedule(story, minutes=10)
        assert wanted(story.hall) == frozenset(Role)

    def test_close_when_the_show_is_cancelled(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10)
        story.take(e.ShowUnscheduled(show=show.id))
        assert wanted(story.hall) == frozenset()
        assert story.hall.armed("show_due") is None

    def test_stay_when_another_show_was_cancelled(self) -> None:
        story = Story().idle()
        schedule(story, minutes=10)
        story.take(e.ShowUnscheduled(show="s2"))
        assert wanted(story.hall) == frozenset(Role)
        assert story.hall.armed("show_due") is not None

    def test_close_again_when_the_show_is_put_off(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10)
        schedule(story, starts_ns=show.starts_ns + 60 * MINUTE)
        assert wanted(story.hall) == frozenset()

    def test_close_when_nobody_came_for_half_an_hour(self) -> None:
        story = Story().idle()
        show = schedule(story)
        until(story, show.starts_ns + 30 * MINUTE - SECOND)
        assert wanted(story.hall) == frozenset(Role)
        until(story, show.starts_ns + 30 * MINUTE)
        assert (wanted(story.hall), story.hall.next_show) == (frozenset(), None)
        assert story.hall.armed("show_due") is None

    def test_open_in_time_though_the_clock_was_set(self) -> None:
        story = Story().idle()
        show = schedule(story)
        story._now_ns = show.starts_ns - 20 * MINUTE
        story.take(e.ClockStepped(delta_ns=40 * MINUTE))
        assert story.effects[-1].at_ns == show.starts_ns - 15 * MINUTE  # type: ignore[attr-defined]  # it is an ArmTimer

    def test_follow_the_lead_of_the_site(self) -> None:
        story = Story(Settings(timings=replace(TIMINGS, session_lead=40 * MINUTE))).idle()
        schedule(story, minutes=39)
        assert wanted(story.hall) == frozenset(Role)


class TestProgramme:
    def test_film_is_put_in_for_the_next_show(self) -> None:
        story = Story().idle()
        schedule(story, gauge=70, feet=(1400, 900))
        story.hear(e.FilmInserted, gauge=35, feet=(2000,))
        film = story.hall.film
        assert (film.title, film.gauge, film.feet, film.reel) == ("Metropolis", 70, (1400, 900), 1)

    def test_without_a_show_it_is_the_halls_own(self) -> None:
        story = Story().threaded()
        assert (story.hall.film.title, story.hall.film.feet) == ("", (2000,))

    def test_a_programme_that_cannot_be_is_the_halls_own(self) -> None:
        story = Story().idle()
        schedule(story, gauge=9, feet=())
        story.hear(e.FilmInserted)
        assert (story.hall.film.gauge, story.hall.film.feet) == (35, (2000,))

    def test_the_second_reel_is_of_the_show_that_runs(self) -> None:
        story = Story().idle()
        schedule(story, minutes=5, feet=(1400, 900))
        threaded(story)
        story.hear(e.ShowStarted)
        story.take(e.ShowScheduled(show=planned(story, id="s2", title="Nosferatu", minutes=200)))
        story.hear(e.ReelEnded)
        story.hear(e.FilmRemoved)
        story.hear(e.FilmInserted)
        film = story.hall.film
        assert (film.title, film.reel, film.feet) == ("Metropolis", 2, (1400, 900))


class TestBeginAndEnd:
    def test_a_start_near_its_time_begins_the_show_and_its_last_tail_ends_it(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=10)
        threaded(story)
        story.ask("start")
        assert (story.hall.show, story.hall.next_show, story.hall.shown_ns) == (show, None, show.starts_ns)
        assert story.hall.armed("show_due") is None
        story.hear(e.ReelEnded)
        assert (story.hall.show, story.state) == (None, State.REWINDING)
        assert notes(story) == [("s1", "began"), ("s1", "ended")]

    def test_a_start_long_before_is_a_test_and_leaves_the_show_planned(self) -> None:
        story = Story().idle()
        show = schedule(story, minutes=60)
        threaded(story)
        story.ask("start")
        assert story.is_in(State.PROJECTING)
        assert (story.hall.show, story.hall.next_show) == (None, show)
        assert notes(story) == []

    def test_film_that_was_threaded_before_the_show_was_planned_gets_its_title(self) -> None:
        story = Story().threaded()
        schedule(story, minutes=10)
        story.ask("start")
        assert story.hall.film.title == "Metropolis"

    @pytest.mark.parametrize(
        "interrupt",
        [
            lambda story: story.ask("stop"),
            lambda story: story.hear(e.MotorStopped),
        ],
    )
    def test_a_pause_is_no_end_and_going_on_no_beginning(self, interrupt: Told) -> None:
        story = begun()
        story.take(e.ShowScheduled(show=planned(story, id="s2", minutes=14)))
        interrupt(story)
        story.answer()
        story.hear(e.MotorStopped)
        story.ask("start")
        assert story.is_in(State.PROJECTING)
        assert story.hall.show is not None
        assert story.hall.show.id == "s1"
        assert notes(story) == [("s1", "began")]

    @pytest.mark.parametrize(
        "give_up",
        [
            lambda story: story.hear(e.FilmRemoved),
            lambda story: (story.ask("stop"), story.answer(), story.hear(e.FilmRemoved)),
            lambda story: (story.ask("stop"), story.answer(), story.hear(e.MotorStopped), story.ask("rewind")),
        ],
    )
    def test_film_that_is_taken_out_or_rewound_ends_the_show(self, give_up: Told) -> None:
        story = begun()
        give_up(story)
        assert story.hall.show is None
        assert notes(story) == [("s1", "began"), ("s1", "ended")]

    def test_a_show_goes_on_after_a_fault_with_film_in_the_path(self) -> None:
        story = begun()
        story.hear(e.FilmBroke)
        story.answer()
        story.ask("acknowledge")
        story.wait(1).stands()
        story.ask("reset")
        assert (story.state, notes(story)) == (State.THREADING, [("s1", "began")])

    def test_what_has_begun_is_not_planned_again(self) -> None:
        story = begun()
        show = story.hall.show
        assert show is not None
        story.take(e.ShowScheduled(show=show))
        assert story.hall.next_show is None

    def test_a_show_that_began_without_the_controller_is_found(self) -> None:
        story = Story().idle()
        schedule(story, minutes=10)
        threaded(story)
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.recovered(motor=Motor.RUN, at_speed=True, dowser_open=True)
        assert story.is_in(State.PROJECTING)
        assert notes(story) == [("s1", "began")]

    def test_a_show_that_ended_without_the_controller_is_over(self) -> None:
        story = begun()
        story.take(e.HallConfigured(settings=story.hall.settings, incarnation=2))
        story.recovered(motor=Motor.STOP, at_speed=False, dowser_open=False, film=False, ready=False)
        assert story.is_in(State.IDLE)
        assert notes(story)[-1] == ("s1", "ended")


BEGINNINGS: tuple[Begin, ...] = (Story.idle, Story.threaded, Story.showing, Story.rewinding, Story.broken)


@given(show=any_show, ahead=st.integers(-40, 40), begin=st.sampled_from(BEGINNINGS))
def test_whatever_is_planned_the_hall_waits_for_it_or_has_given_it_up(show: Show, ahead: int, begin: Begin) -> None:
    """A planned show always has its timer, a hall without one never; no plan by itself moves film or fires a fault."""
    story = begin(Story())
    state = story.state
    show = replace(show, starts_ns=story.hall.at_ns + ahead * MINUTE)
    story.take(e.ShowScheduled(show=show))
    hall: Hall = story.hall
    assert story.is_in(state)
    assert (hall.next_show is None) == (hall.armed("show_due") is None) == (ahead <= -30)
    seen = 0
    while (armed := story.hall.armed("show_due")) is not None and story.is_in(state):
        stamped = e.Stamped(at_ns=armed.at_ns, event=e.TimerDue(name="show_due"), source=e.Source.TIMER)
        story.hall = step(story.hall, stamped).hall
        seen += 1
    assert seen <= 5
    assert story.is_in(state) or (state is State.THREADING and show.start is Start.SCHEDULE)
