# SPDX-License-Identifier: Apache-2.0
"""A deployment that is cut after any of its steps, in any way, ends with the old module sound or with the new one."""

from collections.abc import AsyncIterator

import pytest

from statemachines.deployment_value import DeploymentState
from tests.support.deploying import Rig, rigged

ID = "r1.s1.1"
GOOD_ENDS = (DeploymentState.COMMITTED, DeploymentState.ROLLED_BACK)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with rigged() as rig:
        yield rig


@pytest.mark.parametrize("verb", ["inspect", "stage", "install", "unload", "load", "probe", "commit"])
@pytest.mark.parametrize("cut", ["link", "runtime", "server"])
async def test_cut_after_any_step_it_ends_old_good_or_new_good(rig: Rig, verb: str, cut: str) -> None:
    rig.dies_at = verb
    rig.ask()
    await rig.until(lambda: verb in rig.verbs)
    if cut == "server":
        rig.server.restart()
    elif cut == "runtime":
        await rig.killed()
    await rig.until(lambda: rig.desk.deployments[ID].state in GOOD_ENDS)
    assert rig.server.new_good or rig.server.old_good
    await rig.until(lambda: not rig.hall.keeper.hall.holds)
