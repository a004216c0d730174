# SPDX-License-Identifier: Apache-2.0
"""Whatever people, faults and commands do in whatever order: rules 1, 1a and 2 hold in the device alone."""

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.booth.device import MS, SECOND
from adapters.booth.film_path import Reel
from adapters.booth.journal import Fact
from adapters.booth.projector import Projector
from statemachines.kernel_words import SAFETY_WORDS, WORDS
from statemachines.words import Latch, Motor, Tension
from tests.support.booth import Operator, new_projector

REEL = Reel(35, 60)
Act = Callable[[Projector, Operator], object]


def _threaded(projector: Projector, _: Operator) -> None:
    if projector.path.reel is None:
        projector.thread(REEL)


def _emptied(projector: Projector, _: Operator) -> None:
    if projector.path.reel is not None and not projector.moves:
        projector.empty()


def _rethreaded(projector: Projector, _: Operator) -> None:
    if projector.path.reel is not None and not projector.moves:
        projector.rethread()


def _snapped(projector: Projector, _: Operator) -> None:
    if projector.path.reel is not None:
        projector.snap()


def _shown(projector: Projector, operator: Operator) -> None:
    """What a runtime does, so that open dowsers are common."""
    projector.mend()
    projector.pull_estop()
    operator("motor", "stop")
    operator.wait(1)
    _threaded(projector, operator)
    projector.rethread()
    operator("clear")
    operator("motor", "run")
    operator.wait(2)
    operator("dowser", "open")


COMMANDS = [
    *(("motor", arg) for arg in ("stop", "run", "rewind")),
    *(("dowser", arg) for arg in ("open", "close")),
    *(("lamp", arg) for arg in ("on", "off")),
    ("safe_stop", ""),
    ("clear", ""),
]
HANDS: list[Act] = [
    _threaded,
    _emptied,
    _rethreaded,
    _snapped,
    lambda projector, _: projector.press("ready"),
    lambda projector, _: projector.jam(),
    lambda projector, _: projector.race(),
    lambda projector, _: projector.slacken_feed(),
    lambda projector, _: projector.spoil_lamp(),
    lambda projector, _: projector.stuck(),
    lambda projector, _: projector.mend(),
    lambda projector, _: projector.push_estop(),
    lambda projector, _: projector.pull_estop(),
]


def _commanding(command: tuple[str, str]) -> Act:
    return lambda _, operator: operator(*command)


def _waiting(ms: int) -> Act:
    return lambda projector, _: projector.advance(projector.now_ns + ms * MS)


def _pinging(seconds: int) -> Act:
    return lambda _, operator: operator.wait(seconds)


ACTS = st.one_of(
    st.just(_shown),
    st.sampled_from(HANDS),
    st.sampled_from(COMMANDS).map(_commanding),
    st.integers(1, 9000).map(_waiting),
    st.integers(1, 20).map(_pinging),
)


def _watch(projector: Projector) -> list[str]:
    """Look at the device each time it is about to say something or has met an instant; return what is wrong."""
    wrong: list[str] = []
    meet = projector.timers.meet

    def judged() -> None:
        meet()
        wrong.extend(_broken_rules(projector))

    projector.timers.meet = judged  # type: ignore[method-assign]
    return wrong


def _broken_rules(projector: Projector) -> list[str]:
    rules = {
        "dowser open, not at speed": projector.dowser_open and not projector.at_speed,
        "dowser open, film not taut": projector.dowser_open and projector.felt is not Tension.GOOD,
        "dowser open, motor not running forward": projector.dowser_open and projector.motor is not Motor.RUN,
        "dowser open, red button pressed": projector.dowser_open and projector.estop,
        "closed, not muted": not (projector.dowser_open or projector.muted),
        "driven without a lease in the dark": not (projector.lease_fed or projector.dowser_open)
        and projector.motor is not Motor.STOP,
        "at speed, motor stopped": projector.at_speed and projector.motor is Motor.STOP,
        "film before its head": projector.path.motion.position(projector.now_ns) < 0,
        "film beyond its end": projector.path.reel is not None and projector.frame > 960,
    }
    return [words for words, broken in rules.items() if broken]


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_light_never_falls_on_film_that_does_not_run_well(acts: list[Act]) -> None:
    projector, operator = new_projector(fps=96)
    wrong = _watch(projector)
    for act in acts:
        act(projector, operator)
        projector.advance(projector.now_ns)
        assert wrong + _broken_rules(projector) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS, max_size=25))
def test_events_are_numbered_without_holes_in_the_order_of_time(acts: list[Act]) -> None:
    projector, operator = new_projector(fps=96)
    for act in acts:
        act(projector, operator)
    facts: list[Fact] = projector.journal.take_unsent()
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert all(later.ns >= earlier.ns for earlier, later in pairwise(facts))
    assert {fact.word for fact in facts} <= set(WORDS) - {"timecode"}


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTS.filter(lambda act: act is not _shown), max_size=25))
def test_only_clear_takes_a_latch_away(acts: list[Act]) -> None:
    projector, operator = new_projector(fps=96)
    seen: dict[Latch, int] = {}
    for act in acts:
        last = operator.seq
        projector.journal.take_unsent()
        act(projector, operator)
        latches = projector.journal.latches
        if operator.seq == last:
            assert seen.items() <= latches.items()
            said = {fact.word for fact in projector.journal.take_unsent()}
            assert {SAFETY_WORDS[word] for word in said & SAFETY_WORDS.keys()} <= latches.keys()
        seen = dict(latches)


@given(st.integers(1, 40), st.integers(0, 1000))
def test_at_the_tail_the_device_closes_mutes_and_stops_by_itself(speed_up: int, ms: int) -> None:
    projector, operator = new_projector(fps=24 * speed_up)
    projector.thread(Reel(35, 2000))
    operator("motor", "run")
    operator.wait(3)
    operator("dowser", "open")
    projector.advance(projector.now_ns + 1400 * SECOND + ms * MS)
    assert projector.journal.latches == {}
    assert not projector.dowser_open
    assert projector.muted
    assert projector.motor is Motor.STOP
    assert projector.past_tail
