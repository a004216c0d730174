# SPDX-License-Identifier: Apache-2.0
"""What releases, roll-outs and deployments cost: the database's reads and writes for each route, pinned."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.support.deploying_site import describe_servers, plan, put_release
from tests.support.model_server import RELEASE
from tests.support.releases import Signer, module
from tests.support.rollout_desk import RolloutDesk, rollout_desk
from tests.web.support.access import bearer
from tests.web.support.asking import Counted
from tests.web.support.deploying import file
from web.accounts.scopes import Scope
from web.asking import services

DEPLOYMENT = "r1.booth1.1"
COSTS: dict[tuple[str, str], tuple[int, int]] = {
    ("GET", "/api/v1/deployments/{deployment}"): (4, 0),
    ("GET", "/api/v1/releases"): (1, 0),
    ("GET", "/api/v1/releases/{sha256}"): (1, 0),
    ("GET", "/api/v1/rollouts"): (4, 0),
    ("GET", "/api/v1/rollouts/{rollout}"): (5, 0),
    ("GET", "/api/v1/rollouts/{rollout}/forecast"): (4, 0),
    ("POST", "/api/v1/deployments/{deployment}/abort"): (3, 2),
    ("POST", "/api/v1/deployments/{deployment}/pause"): (3, 2),
    ("POST", "/api/v1/deployments/{deployment}/release"): (2, 2),
    ("POST", "/api/v1/deployments/{deployment}/resume"): (3, 2),
    ("POST", "/api/v1/releases"): (2, 2),
    ("POST", "/api/v1/releases/{sha256}/withdraw"): (1, 2),
    ("POST", "/api/v1/rollouts"): (7, 2),
    ("POST", "/api/v1/rollouts/{rollout}/abort"): (3, 2),
    ("POST", "/api/v1/rollouts/{rollout}/begin"): (3, 2),
    ("POST", "/api/v1/rollouts/{rollout}/forecast"): (3, 2),
    ("POST", "/api/v1/rollouts/{rollout}/pause"): (3, 2),
    ("POST", "/api/v1/rollouts/{rollout}/resume"): (3, 2),
}
"""Method and path: SELECTs, and INSERTs, UPDATEs or DELETEs; who may ask is found out besides."""


class Deploying:
    """A roll-out that is over, one that is planned, and a client that may deploy; no runtime will answer."""

    def __init__(self, state: Path, tmp_path: Path, desk: RolloutDesk) -> None:
        self.client = Client(headers=bearer(Scope.DEPLOY))
        self.signer, self.place = Signer(tmp_path / "keys"), tmp_path / "release"
        self.signer.may_sign(state / "release_signers")
        self.manifest = self.signer.release(self.place, {"reelctl.ko": module()}, id="reelctl-3")
        for _ in range(2):
            plan()
        lived = desk.lived("r1")
        lived.begin()
        lived.forecast()
        lived.run().end()

    def _file(self, name: str) -> BytesIO:
        return file(name, (self.place / name).read_bytes())

    def cost(self, method: str, path: str) -> tuple[int, int]:
        """Ask once, and return reads and writes."""
        sha256 = RELEASE.sha256
        where = path.format(sha256=sha256, rollout="r1", deployment=DEPLOYMENT)
        with Counted() as counted:
            answer: Any
            if (method, path) == ("POST", "/api/v1/releases"):
                form = {"manifest": self._file("manifest"), "signature": self._file("manifest.sig")}
                answer = self.client.post(where, form | {"files": [self._file("reelctl.ko")]})
            elif (method, path) == ("POST", "/api/v1/rollouts"):
                answer = self.client.post(where, {"release": RELEASE.sha256}, "application/json")
            else:
                answer = self.client.generic(method, where, b"{}", "application/json")
        assert answer.status_code in (200, 201), answer.content
        return counted.reads, counted.writes


@pytest.fixture
def deploying(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deploying:
    describe_servers()
    put_release()
    with rollout_desk(state) as desk:
        made = Deploying(state, tmp_path, desk)
    monkeypatch.setattr(services, "WAIT_S", 0.0)
    return made


@pytest.mark.parametrize("route", sorted(COSTS), ids=" ".join)
def test_it_costs_so_many_reads_and_writes(deploying: Deploying, route: tuple[str, str]) -> None:
    assert deploying.cost(*route) == COSTS[route]
