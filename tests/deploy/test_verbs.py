# SPDX-License-Identifier: Apache-2.0
"""What reel-deploy does on a server with a real kernel, step by step, cut off by its power after each of them."""

from pathlib import Path

import pytest

from adapters.ssh.deploy import DeployLink
from statemachines.deployment_facts import Check, Findings, Step
from tests.deploy.releases import Made, make_release
from tests.deploy.server import Server
from tests.deploy.variants import SOUND

LIMIT_S = 30.0
AGENT, CONF = "/usr/local/lib/reel/reel-agent", "/etc/reel/agent.conf"


pytestmark = pytest.mark.timeout(300)


async def found(link: DeployLink) -> Findings:
    return (await link.inspect(limit_s=LIMIT_S)).found


async def take(link: DeployLink, release: Made, before: str, *steps: Step) -> None:
    """Let the server do these steps."""
    for step in steps:
        match step:
            case Step.STAGE:
                await link.stage(release.sha, release.files, limit_s=LIMIT_S)
            case Step.INSTALL:
                await link.install(release.sha, limit_s=LIMIT_S)
            case Step.UNLOAD:
                await link.unload(before, limit_s=LIMIT_S)
            case Step.LOAD:
                await link.load(release.sha, limit_s=LIMIT_S)
            case Step.COMMIT:
                await link.commit(release.sha, limit_s=LIMIT_S)
            case _:
                raise AssertionError(step)


async def test_a_release_goes_all_its_way_and_back(server: Server, modules: dict[str, Path], tmp_path: Path) -> None:
    agent = server.sh(f"cat {AGENT}")
    conf = server.sh(f"cat {CONF}")
    others = {"reel-agent": f"{agent}\n# of release 2\n".encode(), "agent.conf": f"{conf}\n# of release 2\n".encode()}
    two = make_release(tmp_path, "reelctl-2", modules[SOUND], others=others)
    async with server.deploys() as link:
        old = await found(link)
        assert old.loaded == old.boots != ""
        assert (old.kernel, old.vermagic) == (two.release.kernel, two.release.vermagic)
        assert sorted(old.epochs) == sorted(int(server.snapshot(*seat)["epoch"]) for seat in seats())

        await take(link, two, old.loaded, Step.STAGE, Step.INSTALL)
        assert await found(link) == changed(old, await found(link), staged=(two.sha,), installed=(old.loaded, two.sha))
        await take(link, two, old.loaded, Step.UNLOAD)
        assert (await found(link)).loaded == ""
        epochs = await link.load(two.sha, limit_s=LIMIT_S)
        assert server.sh("cat /sys/module/reelctl/version") == "2"
        assert sorted(epochs) == sorted(int(server.snapshot(*seat)["epoch"]) for seat in seats())
        assert not set(epochs) & set(old.epochs)
        probed = [await link.probe(two.sha, check, limit_s=LIMIT_S) for check in Check]
        assert [each.words for each in probed] == [""] * len(Check)
        assert all(each.passed for each in probed)
        assert probed[0].abi == 1
        assert server.sh("stat -c %G /sys/class/reel/h1-sound/snapshot") == "reel"
        assert server.sh(f"cat {AGENT}") == agent, "before the commit nothing of it lasts"
        await take(link, two, old.loaded, Step.COMMIT)
        assert server.sh(f"tail -n 1 {AGENT} && tail -n 1 {CONF}") == "# of release 2\n# of release 2"

    server.reboot()
    async with server.deploys() as link:
        new = await found(link)
        assert new.boot_id != old.boot_id
        assert (new.loaded, new.boots) == (two.sha, two.sha)
        assert server.sh("cat /sys/module/reelctl/version") == "2"
        await link.rollback(old.loaded, limit_s=LIMIT_S)
        back = await found(link)
        assert (back.loaded, back.boots) == (old.loaded, old.loaded)
        assert server.sh(f"cat {AGENT} && cat {CONF}") == f"{agent}\n{conf}"


def seats() -> list[tuple[str, str]]:
    return [(hall, role) for hall in ("h1", "h2") for role in ("projection", "sound")]


def changed(old: Findings, now: Findings, *, staged: tuple[str, ...], installed: tuple[str, ...]) -> Findings:
    """Return what was found before with these differences; how much disk is free is not asked."""
    assert set(now.installed) == set(installed)
    return Findings(
        boot_id=old.boot_id,
        kernel=old.kernel,
        vermagic=old.vermagic,
        sig_enforce=old.sig_enforce,
        free=now.free,
        loaded=old.loaded,
        boots=old.boots,
        staged=staged,
        installed=now.installed,
        modules=old.modules,
        epochs=old.epochs,
    )
