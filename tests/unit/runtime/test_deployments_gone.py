# SPDX-License-Identifier: Apache-2.0
"""A deployment that nobody can end as it is meant: its hall or its server is gone, it failed, or it is unreadable.

It is told, the runtime starts, and a person can let its halls go.
"""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from hall_runtime.deployments.asking import Asking
from hall_runtime.requests import SiteAsked
from statemachines import events as e
from statemachines.deployment_facts import Order
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.hall import DEPLOYMENT_HOLD
from tests.support.deploying import Rig, rigged
from tests.support.model_server import RELEASE

ID = "r9.s9.1"
FAILED = Deployment(
    id=ID,
    state=DeploymentState.FAILED,
    order=Order(server="s1", halls=("h9",), release=RELEASE),
    holding=True,
    number=7,
    reason="the drill failed",
    rollback_reason="its module is in use",
)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as rig:
        yield rig


NOT_OVER = [each for each in DeploymentState if each not in (DeploymentState.COMMITTED, DeploymentState.ROLLED_BACK)]


@pytest.mark.parametrize("state", NOT_OVER)
async def test_a_hall_that_left_is_told_once_and_stops_nothing(rig: Rig, state: DeploymentState) -> None:
    left = replace(FAILED, state=state, order=replace(FAILED.order, halls=("h1", "h9")))
    with capture_logs() as said:
        await rig.killed((left,))
        await rig.until(lambda: bool(rig.log.rows))
        await rig.until(rig.desk._mail.empty)
    told = [(each["deployment"], each["hall"]) for each in said if each["event"] == "deployment_without_hall"]
    assert told == [(ID, "h9")]
    assert rig.log.rows[0].kind == "controller_recovered"
    assert not rig._tasks[0].done()


async def test_the_halls_that_are_still_there_are_held_on(rig: Rig) -> None:
    await rig.killed((replace(FAILED, order=replace(FAILED.order, halls=("h9", "h1"))),))
    await rig.until(lambda: [(each.name, each.by) for each in rig.hall.keeper.hall.holds] == [(DEPLOYMENT_HOLD, ID)])


async def test_a_server_that_left_is_lost_for_its_deployment_and_told(rig: Rig) -> None:
    order = replace(
        FAILED.order, server="s9", halls=("h1",), limits=replace(FAILED.order.limits, retry_base_ns=1, tries=2)
    )
    with capture_logs() as said:
        await rig.killed((replace(FAILED, state=DeploymentState.PROBING, order=order),))
        await rig.until_state(DeploymentState.FAILED, ID)
    told = next(each for each in said if each["event"] == "deployment_without_server")
    assert (told["deployment"], told["server"], told["log_level"]) == (ID, "s9", "error")
    assert (
        "server s9 was lost 2 times in a row: it left this site's configuration"
        in rig.desk.deployments[ID].rollback_reason
    )
    assert not rig.verbs


# A person lets the halls go.


def holders(rig: Rig) -> list[str]:
    return [each.by for each in rig.hall.keeper.hall.holds if each.name == DEPLOYMENT_HOLD]


async def release(rig: Rig, deployment: str) -> None:
    asking = Asking(rig.desk, cast("Any", None), cast("Any", None), log=rig.log, clock=rig.hall.clock, version="v")
    await asking.take(SiteAsked("req", "deployment", ("release", deployment), "ada"))


def answer(rig: Rig) -> tuple[str, str]:
    return next((row.verdict, row.reason) for row in rig.log.rows if row.request == "req")


async def test_the_halls_of_one_that_failed_are_let_go_for_good(rig: Rig) -> None:
    await rig.killed((replace(FAILED, order=replace(FAILED.order, halls=("h1",))),))
    await rig.until(lambda: holders(rig) == [ID])
    await rig.until(lambda: "deployment_failed" in {each.name for each in rig.hall.keeper.hall.alarms})
    await release(rig, ID)
    await rig.until(lambda: not holders(rig))
    assert answer(rig) == ("internal", "")
    assert rig.log.rows[-1].payload["actor"] == "ada"
    rows = len(rig.log.rows)
    await rig.killed()
    await release(rig, ID)
    await rig.until(lambda: len(rig.log.rows) > rows)
    assert [row.kind for row in rig.log.rows[rows:]] == ["release_asked"], "it is over, also for another runtime"
    assert "its halls were let go" in rig.log.rows[-1].reason
    assert not holders(rig)


async def test_a_hall_held_for_a_deployment_that_cannot_be_read_is_told_and_let_go(rig: Rig) -> None:
    held = e.HoldPlaced(hold=DEPLOYMENT_HOLD, reason="module x is being deployed", by="r7.s1.2")
    rig.hall.keeper.post(held, e.Source.RUNTIME)
    await rig.until(lambda: holders(rig) == ["r7.s1.2"])
    with capture_logs() as said:
        await rig.killed(())
    (told,) = [each for each in said if each["event"] == "hall_held_for_unknown_deployment"]
    assert (told["deployment"], told["halls"], told["log_level"]) == ("r7.s1.2", ("h1",), "error")
    assert "projectionist deploy release r7.s1.2" in told["why"]
    await release(rig, "r7.s1.2")
    await rig.until(lambda: not holders(rig))
    row = rig.log.rows[-1]
    assert (row.stream, row.subject, row.kind, row.request) == ("rollout:r7", "request", "halls_released", "req")
    assert row.payload == {"deployment": "r7.s1.2", "halls": ("h1",), "actor": "ada"}


async def test_what_holds_no_hall_and_is_not_known_is_refused(rig: Rig) -> None:
    await release(rig, "r7.s1.2")
    assert answer(rig) == ("refusal", "deployment r7.s1.2 was never begun here")
