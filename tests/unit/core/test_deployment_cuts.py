# SPDX-License-Identifier: Apache-2.0
"""Cut anywhere, in any way, a deployment ends old-good or new-good; its halls are held meanwhile and free after."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment_value import DeploymentState
from statemachines.effects import Effect
from statemachines.events import Event
from tests.support.deployment_story import ENDS, GOOD_ENDS, HALLS, ID, S, Story
from tests.support.model_server import ModelServer

HAPPY = [
    "HoldHalls",
    "Inspect",
    "Stage",
    "Install",
    "Unload",
    "Load",
    "Probe",
    "Commit",
    "ReleaseHalls",
]
MUTE = [*HAPPY[: HAPPY.index("Commit")], "Inspect", "Rollback", "Inspect", "Probe", "ReleaseHalls"]
"""The way of a release whose module sends no heartbeat."""

Cut = Callable[[Story, Effect, list[Event]], None]


def _number(story: Story, effect: Effect) -> int:
    return effect.number if isinstance(effect, fx.ServerStep) else story.deployment.number


def _connection_lost(story: Story, effect: Effect, late: list[Event]) -> None:
    del late
    story.tell(de.ConnectionLost(deployment=ID, number=_number(story, effect), words="the link is mute"))
    story.tell_halls()


def _server_rebooted(story: Story, effect: Effect, late: list[Event]) -> None:
    story.server.restart()
    _connection_lost(story, effect, late)


def _recovered(story: Story, effect: Effect, late: list[Event]) -> None:
    del effect, late
    story.recover()


def _recovered_beside_a_reboot(story: Story, effect: Effect, late: list[Event]) -> None:
    del effect, late
    story.server.restart()
    story.recover()


def _deadline(story: Story, effect: Effect, late: list[Event]) -> None:
    """No answer comes in time; the hall's own tell how they stand all the while."""
    if isinstance(effect, fx.ServerStep):
        story.due("step")
    for event in late:
        story.tell(event)
    story.tell_halls()


def _aborted(story: Story, effect: Effect, late: list[Event]) -> None:
    story.tell(de.AbortAsked(deployment=ID, actor="ada"))
    for event in late:
        story.tell(event)
    if not isinstance(effect, fx.ServerStep):
        story.tell_halls()


def _paused(story: Story, effect: Effect, late: list[Event]) -> None:
    story.tell(de.PauseAsked(deployment=ID))
    for event in late:
        story.tell(event)
    if not isinstance(effect, fx.ServerStep):
        story.tell_halls()
    if story.deployment.paused:
        story.run()
        assert story.server.old_good
        assert {sight.holder for sight in story.halls.values()} == {""}, "a paused deployment keeps no hall"
        story.tell(de.ResumeAsked(deployment=ID))


CUTS: list[Cut] = [
    _connection_lost,
    _server_rebooted,
    _recovered,
    _recovered_beside_a_reboot,
    _deadline,
    _aborted,
    _paused,
]


def cut(story: Story, how: Cut, done: bool) -> None:
    """Cut what is asked for next: before it is done, or after, its answer lost or late."""
    effect = story.todo.popleft()
    if isinstance(effect, fx.ServerStep) and (
        story.deployment.doing is None or effect.number < story.deployment.number
    ):
        return  # it was given up before
    late = story.outcome(effect) if done else []
    if isinstance(effect, fx.ServerStep) or how in (_recovered, _recovered_beside_a_reboot):
        how(story, effect, late)
    else:  # a hall is asked in the controller itself: its effects are lost with it alone
        for event in late or story.outcome(effect):
            story.tell(event)
        how(story, effect, [])


def started(story: Story) -> Story:
    story.ask()
    return story


def test_the_happy_path_takes_each_step_once() -> None:
    story = started(Story()).run()
    assert story.steps() == HAPPY
    assert story.deployment.state is DeploymentState.COMMITTED
    story.check_end()


def at(story: Story, place: int) -> Story:
    """Go on until that many things were asked for and done."""
    while len(story.asked) - len(story.todo) < place or not story.todo:
        assert story.work()
    return story


def test_a_mute_module_is_taken_back_in_so_many_steps() -> None:
    story = started(Story(ModelServer(ills=frozenset({"mute"})))).run()
    assert story.steps() == MUTE
    assert story.deployment.state is DeploymentState.ROLLED_BACK
    story.check_end()


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.__name__.strip("_"))
@pytest.mark.parametrize("done", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize("place", range(len(MUTE)))
def test_a_bad_release_cut_at_any_place_leaves_the_old_one(place: int, done: bool, how: Cut) -> None:
    story = at(started(Story(ModelServer(ills=frozenset({"mute"})))), place)
    assert type(story.todo[0]).__name__ == MUTE[place]
    cut(story, how, done)
    story.run()
    story.check_end()
    assert story.deployment.state is DeploymentState.ROLLED_BACK


@pytest.mark.parametrize("how", CUTS, ids=lambda how: how.__name__.strip("_"))
@pytest.mark.parametrize("done", [False, True], ids=["undone", "done"])
@pytest.mark.parametrize("place", range(len(HAPPY)), ids=HAPPY)
def test_cut_at_any_place_it_ends_good(place: int, done: bool, how: Cut) -> None:
    story = at(started(Story()), place)
    assert type(story.todo[0]).__name__ == HAPPY[place]
    cut(story, how, done)
    story.run()
    story.check_end()
    assert story.deployment.state in GOOD_ENDS
    if how in (_connection_lost, _recovered, _paused, _deadline) and HAPPY[place] != "Probe":
        assert story.server.new_good, "what only cost time must not cost the release"
    if how is _aborted and place < HAPPY.index("Commit"):
        assert story.server.old_good, "who aborts before the end gets the old one back"


ILLS = st.sets(st.sampled_from(["mute", "oops", "abi", "self_test", "drill"]), max_size=1)
CUT = st.tuples(st.integers(0, 3), st.sampled_from(CUTS), st.booleans())


def films(story: Story, hall: str) -> None:
    """Somebody threads film in a hall, or takes it out; a hall that is held only notes it."""
    film = not story.halls[hall].film
    story.hall(hall, film=film)


@settings(max_examples=150)
@given(st.lists(st.one_of(CUT, st.sampled_from(HALLS)), max_size=8), ILLS)
def test_cut_again_and_again_with_a_bad_module_it_ends_good(
    cuts: list[tuple[int, Cut, bool] | str], ills: set[str]
) -> None:
    story = started(Story(ModelServer(ills=frozenset(ills))))
    for each in cuts:
        if isinstance(each, str):
            if story.server.loaded:  # else nothing sees it
                films(story, each)
            continue
        wait, how, done = each
        for _ in range(wait):
            story.work()
        if story.todo and story.deployment.state not in ENDS:
            cut(story, how, done)
    for hall, sight in list(story.halls.items()):
        if sight.film:
            films(story, hall)
    story.run()
    story.check_end()
    assert story.deployment.state in GOOD_ENDS
    assert not (ills and story.server.new_good)
    assert story.now < 10_000 * S


@pytest.mark.parametrize("place", list(range(1, 8)), ids=HAPPY[1:8])
def test_a_server_that_stays_away_leaves_its_halls_held_only_when_it_may_have_changed(place: int) -> None:
    story = at(started(Story()), place)
    while story.deployment.state not in ENDS:
        if story.todo and isinstance(story.todo[0], fx.ServerStep):
            _connection_lost(story, story.todo.popleft(), [])
        else:
            story.work()
    story.run()
    story.check_end()
    untouched = place <= HAPPY.index("Install")
    assert story.deployment.state is (DeploymentState.ROLLED_BACK if untouched else DeploymentState.FAILED)
    assert "12 times in a row: the link is mute" in story.deployment.reason
    if not untouched:
        story.tell(de.ResumeAsked(deployment=ID))
        story.run()
        story.check_end()
        assert story.server.old_good
