# SPDX-License-Identifier: Apache-2.0
"""A server whose kernel loads signed modules only: the certificate is in its firmware's db, not in the kernel."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from statemachines.deployment_value import DeploymentState
from tests.deploy.cinema import DeployCinema
from tests.deploy.enforcing import sign
from tests.deploy.releases import make_release
from tests.deploy.server import Server
from tests.deploy.variants import SOUND
from tests.vm.tty import CommandFailed

pytestmark = pytest.mark.timeout(600)

BOOTH = "booth1"
UNSIGNED = "the server loads signed modules only, and it is not signed for the kernel: sign it"


def test_an_unsigned_module_never_reaches_it_and_a_signed_one_runs(
    server_factory: Callable[..., Server], modules: dict[str, Path], tmp_path: Path
) -> None:
    server = server_factory(halls=("h1",), enforcing=True)
    before = server.found()
    assert before.sig_enforce
    signed = tmp_path / "signed.ko"
    shutil.copy(modules[SOUND], signed)
    sign(server.bench.kernel, signed)
    with DeployCinema(tmp_path / "site", {BOOTH: (server, ("h1",))}) as site:
        site.start()
        bare = make_release(tmp_path / "made", "reelctl-2", modules[SOUND])
        site.add(bare)
        refused = site.until_over(site.begin(bare, BOOTH), BOOTH)
        assert (refused.state, refused.reason) == (DeploymentState.ROLLED_BACK, UNSIGNED)
        assert server.found().staged == ()
        assert server.found().epochs == before.epochs

        good = make_release(tmp_path / "made", "reelctl-2-signed", signed)
        site.add(good)
        done = site.until_over(site.begin(good, BOOTH), BOOTH)
        assert (done.state, done.reason) == (DeploymentState.COMMITTED, "")
    found = server.found()
    assert (found.loaded, found.boots) == (good.sha, good.sha)

    # What the kernel itself says of the unsigned one, were it to come there.
    server.put(modules[SOUND], "/root/reelctl.ko")
    server.sh("rmmod reelctl")
    with pytest.raises(CommandFailed) as kept_out:
        server.sh("insmod /root/reelctl.ko")
    assert "Key was rejected by service" in kept_out.value.said
