# SPDX-License-Identifier: Apache-2.0
"""What a server with a real kernel refuses, or finds wrong, and in which words; after each the old module runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.releases.manifest import MODULE
from adapters.releases.shelf import SIGNATURE
from adapters.ssh.deploy import DeployLink
from adapters.ssh.errors import ServerRefused
from statemachines.deployment_facts import Step
from tests.deploy.releases import Made, make_release, signing_key, spoilt
from tests.deploy.server import Server
from tests.deploy.test_verbs import LIMIT_S, found, take
from tests.deploy.variants import SOUND, for_another_kernel

pytestmark = pytest.mark.timeout(300)


async def refusal(link: DeployLink, release: Made, old: str, *steps: Step) -> str:
    """Return the words with which the last of these steps is refused."""
    await take(link, release, old, *steps[:-1])
    with pytest.raises(ServerRefused) as refused:
        await take(link, release, old, steps[-1])
    return refused.value.words


async def test_what_was_spoilt_on_its_way_is_not_staged(
    server: Server, modules: dict[str, Path], tmp_path: Path
) -> None:
    async with server.deploys() as link:
        old = await found(link)

        tampered = make_release(tmp_path, "tampered", modules[SOUND])
        spoilt(tampered.files[MODULE])
        words = await refusal(link, tampered, old.boots, Step.STAGE)
        assert words == "reelctl.ko is not what it is named as: tampered with, or damaged on its way"

        unsigned = make_release(tmp_path, "unsigned", modules[SOUND])
        bare = replace(unsigned, files={name: path for name, path in unsigned.files.items() if name != SIGNATURE})
        words = await refusal(link, bare, old.boots, Step.STAGE)
        assert words == "the release is unsigned: it has no manifest.sig"

        strange = make_release(tmp_path, "strange", modules[SOUND], key=signing_key("nobody"))
        words = await refusal(link, strange, old.boots, Step.STAGE)
        assert words == "the release is signed by a key that this server does not know"
        words = await refusal(link, strange, old.boots, Step.INSTALL)
        assert words == "the release is signed by a key that this server does not know", "nothing is believed twice"

        server.sh("dd if=/dev/zero of=/var/filling bs=1M 2>/dev/null; true")
        good = make_release(tmp_path, "good", modules[SOUND])
        words = await refusal(link, good, old.boots, Step.STAGE)
        assert words.startswith("no space for it: ")
        assert (await found(link)).free < 1 << 20
        server.sh("rm /var/filling")

        now = await found(link)
        assert (now.loaded, now.boots, now.epochs, now.boot_id) == (old.loaded, old.boots, old.epochs, old.boot_id)


async def test_film_keeps_the_module_and_a_module_that_lies_of_its_kernel_is_not_loaded(
    server: Server, modules: dict[str, Path], tmp_path: Path
) -> None:
    async with server.deploys() as link:
        old = await found(link)
        other = tmp_path / "other.ko"
        for_another_kernel(modules[SOUND], server.bench.kernel, other)
        lying = make_release(tmp_path, "lying", other, kernel=old.kernel, vermagic=old.vermagic)
        server.sim("h2", "thread", "35 100")
        words = await refusal(link, lying, old.loaded, Step.STAGE, Step.INSTALL, Step.UNLOAD)
        assert words == "reelctl is in use: film is in the path of hall h2"
        server.sim("h2", "empty", "1")
        words = await refusal(link, lying, old.loaded, Step.UNLOAD, Step.LOAD)
        assert "Invalid module format" in words
        await link.rollback(old.loaded, limit_s=LIMIT_S)
        now = await found(link)
        assert (now.loaded, now.boots) == (old.loaded, old.boots)
