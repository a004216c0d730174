# SPDX-License-Identifier: Apache-2.0
"""Deployments under the runtime: halls held, steps done, ends told; cut anywhere, they end old-good or new-good."""

from collections.abc import AsyncIterator

import pytest

from statemachines import events as e
from statemachines.deployment_facts import Check
from statemachines.deployment_value import DeploymentState
from statemachines.hall import DEPLOYMENT_HOLD
from statemachines.replay import Fold
from statemachines.rollout import step
from statemachines.rollout_events import RolloutAbortAsked, RolloutAsked, RolloutResumeAsked
from statemachines.rollout_value import Place, Plan, Rollout, RolloutState, Target
from statemachines.words import Role, State
from tests.support.deploying import Rig, rigged
from tests.support.model_server import NEW, OLD, RELEASE

ID = "r1.s1.1"
PLAN = Plan(release=RELEASE, targets=(Target(server="s1", halls=("h1",)),))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as rig:
        yield rig


def holds(rig: Rig) -> list[tuple[str, str]]:
    return [(hold.name, hold.by) for hold in rig.hall.keeper.hall.holds]


async def test_a_release_goes_to_a_server_and_its_hall_is_held_meanwhile(rig: Rig) -> None:
    rig.ask()
    await rig.until(lambda: holds(rig) == [(DEPLOYMENT_HOLD, ID)])
    await rig.until_state(DeploymentState.COMMITTED)
    await rig.until_rollout(RolloutState.DONE)
    await rig.until(lambda: not holds(rig))
    assert rig.server.new_good
    assert rig.verbs == ["inspect", "stage", "install", "unload", "load", *["probe"] * len(Check), "commit"]
    assert rig.hellos == [(NEW, OLD, rig.server.epochs), (NEW, NEW, rig.server.epochs)]


async def test_every_row_of_it_replays(rig: Rig) -> None:
    rig.ask()
    await rig.until_rollout(RolloutState.DONE)
    assert {row.stream for row in rig.log.rows} == {"server:s1", "rollout:r1"}
    assert next(row.request for row in rig.log.rows if row.stream == "rollout:r1") == "asked"
    folded = {}
    for stream in ("server:s1", "rollout:r1"):
        fold = Fold()
        for row in rig.log.chained(stream):
            folded[stream] = fold.row(row).value
    assert folded["server:s1"] == rig.desk.deployments[ID]
    assert folded["rollout:r1"] == rig.desk.rollouts["r1"]


async def test_a_hall_with_film_is_waited_for(rig: Rig) -> None:
    epoch = rig.server.epoch
    rig.hall.keeper.post(e.FilmInserted(role=Role.PROJECTION, epoch=epoch, hw_seq=900), e.Source.KERNEL)
    await rig.until(lambda: rig.hall.keeper.hall.state is State.THREADING)
    rig.ask()
    await rig.until(lambda: len(rig.log.rows) >= 3)
    assert rig.desk.deployments[ID].state is DeploymentState.PENDING
    assert not rig.verbs
    assert not holds(rig)
    rig.hall.keeper.post(e.FilmRemoved(role=Role.PROJECTION, epoch=epoch, hw_seq=901), e.Source.KERNEL)
    await rig.until_state(DeploymentState.COMMITTED)


async def test_a_release_that_was_tampered_with_never_reaches_the_server(rig: Rig) -> None:
    rig.shelf_says = ("it was changed after it was signed: reelctl.ko is not what the manifest says",)
    rig.ask()
    await rig.until_state(DeploymentState.ROLLED_BACK)
    await rig.until_rollout(RolloutState.HALTED)
    assert "changed after it was signed" in rig.desk.rollouts["r1"].reason
    assert rig.verbs == ["inspect"]
    await rig.until(lambda: not holds(rig))


@pytest.mark.parametrize(
    ("ill", "words"),
    [("self_test", "self-test"), ("drill", "interlock drill"), ("abi", "ABI 3"), ("mute", "no heartbeat was heard")],
)
async def test_a_module_that_fails_its_probe_is_taken_back(rig: Rig, ill: str, words: str) -> None:
    rig.server.ills = frozenset({ill})
    rig.ask()
    await rig.until_state(DeploymentState.ROLLED_BACK)
    assert rig.server.old_good
    assert words in rig.desk.deployments[ID].reason
    await rig.until(lambda: not holds(rig))
    assert rig.hellos[-1] == (OLD, OLD, rig.server.epochs)


@pytest.mark.parametrize("verb", ["load", "probe", "commit"])
async def test_sessions_say_hello_to_what_came_with_an_answer_that_was_lost(rig: Rig, verb: str) -> None:
    rig.dies_at = verb
    rig.ask()
    await rig.until_state(DeploymentState.COMMITTED)
    assert rig.hellos[-1] == (NEW, NEW, rig.server.epochs)


async def test_sessions_say_hello_to_the_previous_module_when_the_answer_to_a_roll_back_was_lost(rig: Rig) -> None:
    rig.server.ills, rig.dies_at = frozenset({"drill"}), "rollback"
    rig.ask()
    await rig.until_state(DeploymentState.ROLLED_BACK)
    assert rig.verbs.count("rollback") == 1
    assert rig.hellos[-1] == (OLD, OLD, rig.server.epochs)


@pytest.mark.parametrize(("life_s", "sessions"), [(119.0, 1), (100.0, 2), (59.0, 7)])
async def test_no_session_is_used_for_a_step_that_its_certificate_may_not_outlast(
    rig: Rig, life_s: float, sessions: int
) -> None:
    rig.life_s = life_s
    rig.ask()
    await rig.until_state(DeploymentState.COMMITTED)
    assert rig.opened == sessions


async def test_the_session_of_a_revoked_key_is_ended_and_its_step_tried_again(rig: Rig) -> None:
    rig.mute_at = "commit"
    rig.ask()
    await rig.until(lambda: rig.verbs.count("probe") == len(Check) and not rig.mute_at)
    await rig.desk.revoked(77)
    assert rig.opened == 1
    await rig.desk.revoked(1)
    await rig.until_state(DeploymentState.COMMITTED)
    assert rig.opened == 2


async def test_what_was_rolled_back_is_tried_again_when_people_resume(rig: Rig) -> None:
    rig.server.refuses = {"stage": "no space is left on the server"}
    rig.ask()
    await rig.until_rollout(RolloutState.HALTED)
    rig.server.refuses = {}
    rig.desk.post(RolloutResumeAsked(rollout="r1", actor="ada"), e.Source.OPERATOR)
    await rig.until_rollout(RolloutState.DONE)
    assert rig.desk.deployments["r1.s1.2"].state is DeploymentState.COMMITTED


async def test_a_roll_out_that_is_aborted_leaves_the_old_module(rig: Rig) -> None:
    rig.dies_at = "stage"
    rig.ask()
    await rig.until(lambda: "stage" in rig.verbs)
    rig.desk.post(RolloutAbortAsked(rollout="r1", actor="ada"), e.Source.OPERATOR)
    await rig.until_rollout(RolloutState.ABORTED)
    assert rig.server.old_good
    await rig.until(lambda: not holds(rig))


async def test_an_abort_ends_also_where_a_server_was_to_be_begun_when_the_runtime_was_killed(rig: Rig) -> None:
    rollout = Rollout(id="r1")
    for event in (RolloutAsked(rollout="r1", plan=PLAN), RolloutAbortAsked(rollout="r1")):
        rollout = step(rollout, e.Stamped(at_ns=1, event=event)).rollout
    assert (rollout.state, rollout.servers[0].place) == (RolloutState.ABORTING, Place.WORKING)
    rig.desk.rollouts["r1"] = rollout
    await rig.killed(())
    await rig.until_rollout(RolloutState.ABORTED)
    assert rig.desk.deployments[ID].state is DeploymentState.ROLLED_BACK
    assert not rig.verbs


async def test_a_server_that_cannot_be_brought_back_yet_keeps_its_hall_held(rig: Rig) -> None:
    rig.server.ills = frozenset({"drill"})
    rig.server.refuses = {"rollback": "the module is in use"}
    rig.ask()
    await rig.until(lambda: ID in rig.desk.deployments and rig.desk.deployments[ID].attempts > 0)
    assert rig.desk.deployments[ID].state is DeploymentState.ROLLING_BACK
    assert rig.desk.deployments[ID].trouble == "the module is in use"
    assert holds(rig) == [(DEPLOYMENT_HOLD, ID)]
    rig.server.refuses = {}
    await rig.until_state(DeploymentState.ROLLED_BACK)
    assert rig.server.old_good
