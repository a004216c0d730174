# SPDX-License-Identifier: Apache-2.0
"""What holds in whatever state a roll-out is: too many failures, its end, abort, a new start, its hours."""

import pytest

from statemachines import rollout_events as re
from statemachines.rollout_value import Place, RolloutState, Window
from tests.support.rollout_story import ABORTED, ABORTING, DONE, HALTED, HOUR, PAUSED, RUNNING, WAITING, Story


def in_state(state: RolloutState, count: int = 3) -> Story:
    """The canary is done, the next two are being worked on, and the roll-out is in that state."""
    story = Story(count, failures_allowed=0, window=Window(opens_min=0, closes_min=60)).ask()
    story.end("s0")
    if state is WAITING:
        story.due()
    elif state is PAUSED:
        story.pause()
    elif state is HALTED:
        story.end("s1", Place.ROLLED_BACK)
    assert story.rollout.state is state
    return story


class TestWhateverItDoes:
    @pytest.mark.parametrize("state", [WAITING, RUNNING, PAUSED])
    def test_a_failure_too_many_halts_it(self, state: RolloutState) -> None:
        story = in_state(state)
        story.end("s1")
        assert story.rollout.state is state
        story.end("s2", Place.FAILED)
        assert story.rollout.state is HALTED

    @pytest.mark.parametrize("state", [WAITING, RUNNING, PAUSED])
    def test_it_is_done_when_the_last_server_is(self, state: RolloutState) -> None:
        story = in_state(state)
        story.end("s1")
        story.end("s2")
        assert (story.rollout.state, story.timer) == (DONE, 0)
        assert story.resume().reason == "no server is left to be tried"

    @pytest.mark.parametrize("state", [WAITING, RUNNING, PAUSED, HALTED])
    def test_abort_waits_for_those_that_are_being_worked_on(self, state: RolloutState) -> None:
        story = in_state(state)
        story.abort()
        assert story.rollout.state is ABORTING
        assert story.deployments["r1.s2.1"] == "aborted"
        for name in story.working():
            assert story.rollout.state is ABORTING
            story.end(name, Place.ROLLED_BACK)
        assert story.rollout.state is ABORTED

    @pytest.mark.parametrize("state", [PAUSED, HALTED])
    def test_abort_with_nobody_being_worked_on_is_over_at_once(self, state: RolloutState) -> None:
        story = in_state(state, count=5)
        for name in story.working():
            story.end(name)
        story.abort()
        assert story.rollout.state is ABORTED

    @pytest.mark.parametrize("state", [WAITING, PAUSED, HALTED])
    def test_a_controller_that_starts_again_lets_nobody_go_on(self, state: RolloutState) -> None:
        story = in_state(state)
        story.deployments.clear()
        story.timer = 0
        story.tell(re.RolloutRecovered(rollout="r1"))
        assert story.rollout.state is state
        assert story.deployments["r1.s2.1"] == "paused"
        assert story.timer > story.now

    def test_a_controller_that_was_away_when_its_hours_began_goes_on(self) -> None:
        story = in_state(WAITING)
        story.now = 24 * HOUR
        story.tell(re.RolloutRecovered(rollout="r1"))
        assert (story.rollout.state, story.deployments["r1.s2.1"]) == (RUNNING, "begun")

    @pytest.mark.parametrize("state", [WAITING, RUNNING, PAUSED, HALTED])
    def test_its_hours_are_kept_in_sight(self, state: RolloutState) -> None:
        story = in_state(state)
        before = story.timer
        story.due()
        assert story.timer > before

    def test_who_resumes_a_halted_one_after_its_hours_waits_for_them(self) -> None:
        story = in_state(HALTED)
        story.due()
        story.resume()
        assert (story.rollout.state, story.working()) == (WAITING, ["s2"])
        story.due()
        assert story.working() == ["s1", "s2"]
