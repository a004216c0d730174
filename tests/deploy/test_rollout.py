# SPDX-License-Identifier: Apache-2.0
"""A release goes from the shelf into two servers with real kernels; in a hall of the second one a film is shown."""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

from statemachines.deployment_value import DeploymentState
from statemachines.deployment_words import label
from statemachines.history import HALL, state_in
from statemachines.rollout_value import RolloutState
from statemachines.words import Role, State
from tests.deploy.cinema import DeployCinema
from tests.deploy.releases import make_release
from tests.deploy.server import Server
from tests.deploy.variants import SOUND
from tests.vm.show import project
from tests.vm.test_show import log_is_whole

pytestmark = [pytest.mark.timeout(600), pytest.mark.two_guests]


def version(server: Server) -> str:
    return server.sh("cat /sys/module/reelctl/version 2>/dev/null || echo 1")


@pytest.fixture
def site(server_factory: Callable[..., Server], tmp_path: Path) -> Iterator[DeployCinema]:
    one, two = server_factory(halls=("h1",)), server_factory(halls=("h2", "h3"))
    servers = {"booth1": (one, ("h1",)), "booth2": (two, ("h2", "h3"))}
    with DeployCinema(tmp_path, servers, feet=3000) as made:
        made.start()
        yield made


def test_a_release_waits_for_the_film_and_nothing_is_lost(
    site: DeployCinema, modules: dict[str, Path], tmp_path: Path, measured: Callable[..., None]
) -> None:
    two = make_release(tmp_path, "reelctl-2", modules[SOUND])
    site.deploy("add", two.directory)
    booth2 = site.servers["booth2"]
    project(site, "h2")
    said = site.deploy("start", "reelctl-2", "--servers", "booth1,booth2", "--canaries", "1")
    assert "canaries: booth1" in said
    assert "wave 1: booth2" in said
    assert site.until_over("r1", "booth1").state is DeploymentState.COMMITTED
    assert version(site.servers["booth1"]) == "2"

    waits = "hall h2 is projecting with film in its path"
    site.until("the second one waits", lambda: (at := site.deployment("r1", "booth2")) and waits in label(at))
    assert waits in site.deploy("status", "r1.booth2.1")
    assert version(booth2) == "1"
    assert site.hall("h2").projector.dowser_open
    assert (booth2.truth("h2")["motor"], booth2.truth("h2")["violations"]) == ("run", "0")
    assert site.hall("h3").holds == (), "a hall is not kept from its people while its server waits for another"
    booth2.sim("h2", "press", "stop")
    site.until_state("h2", State.THREADING)
    site.until("the film stands", lambda: booth2.truth("h2")["moving"] == "0")
    booth2.sim("h2", "empty", "1")

    committed = next(row for row in site.steps("r1", "booth1") if state_in(row.after) == DeploymentState.COMMITTED)
    assert site.steps("r1", "booth2")[0].pos > committed.pos, "before the canary's end nobody else is begun"

    done = site.until_over("r1", "booth2")
    assert (done.state, done.reason) == (DeploymentState.COMMITTED, "")
    site.until("the roll-out is done", lambda: site.rollout("r1").state is RolloutState.DONE)
    assert version(booth2) == "2"
    found = booth2.found()
    assert (found.loaded, found.boots) == (two.sha, two.sha)
    for hall in ("h1", "h2", "h3"):
        keeps_its_order(site, hall)
    for name in site.servers:
        measured("A release into a server", {"server": name, "seconds from preflight to commit": took(site, name)})
    project(site, "h3")
    assert booth2.truth("h3")["violations"] == "0"
    site.until("every command is answered", lambda: site.is_settled("h3"))
    log_is_whole(site)


def keeps_its_order(site: DeployCinema, hall: str) -> None:
    """Each device was heard in one epoch after the other, by numbers that rise; only heartbeats may go unwritten."""
    site.until("it is let go", lambda: site.hall(hall).holds == ())
    assert site.hall(hall).state is State.IDLE
    server = site.guest_of(hall)
    rows = site.rows(hall, HALL)
    assert [row.kind for row in rows if row.kind in ("events_lost", "fault_entered")] == []
    assert [state for state in site.changes(hall) if state is State.FAULT] == []
    for role in Role:
        heard = [row for row in rows if row.hw_seq and row.payload["role"] == role]
        epochs = [epoch for epoch, _ in groupby(row.hw_epoch for row in heard)]
        assert len(epochs) == 2, f"{hall} {role}: {epochs}"
        assert epochs[-1] == server.device(hall, role).epoch == site.hall(hall).device(role).epoch
        for epoch in epochs:
            numbers = [row.hw_seq for row in heard if row.hw_epoch == epoch]
            assert numbers == sorted(set(numbers))


def took(site: DeployCinema, name: str) -> float:
    rows = site.steps("r1", name)
    worked = next(row.at_ns for row in rows if any(effect["do"] == "inspect" for effect in row.effects))
    return round((rows[-1].at_ns - worked) / 1e9, 1)
