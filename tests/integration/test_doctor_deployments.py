# SPDX-License-Identifier: Apache-2.0
"""The doctor at the doors for deployments: what it says of a server that takes them, and of each trouble."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from adapters.store.site import open_site
from hall_runtime.config import SiteConfig, parse_config
from hall_runtime.doctor.examine import examined
from hall_runtime.doctor.finding import Finding, Mark
from tests.support.deploy_model import DeployModel
from tests.support.deploy_server import DeployServer, deploy_server
from tests.support.shipped import KERNEL, make_signer

ABOUT = "proj1: deployments"


class Site:
    """A site of one hall, whose server takes deployments."""

    def __init__(self, directory: Path, server: DeployServer) -> None:
        self._directory, self.server = directory, server
        self._signer = make_signer(directory).line

    def config(self, *, port: int = 0, signers: bool = True) -> SiteConfig:
        address, state = self.server.address, self._directory
        deploy = f'[deploy]\nsigners = ["{self._signer}"]' if signers else ""
        text = f"""
            [site]
            id = "rialto"
            name = "Rialto"
            state = "{state / "state"}"
            [kernel]
            buffer_mib = 1
            [ssh]
            authority = "{state / "authority" / "ca"}"
            source_address = ["127.0.0.1/32"]
            [[servers]]
            id = "proj1"
            host = "{address.host}"
            port = {port or address.port}
            host_key = "{address.host_keys[0]}"
            [[halls]]
            id = "h1"
            name = "Hall 1"
            projection = "proj1"
            {deploy}
        """
        return parse_config(Path("cinema.toml"), text)

    async def told(self, config: SiteConfig | None = None) -> list[Finding]:
        """Return what the doctor says of deployments."""
        found = await examined(config or self.config(), ask_servers=True)
        return [each for each in found if each.about == ABOUT]


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame")
    authority = create_authority(tmp_path / "authority" / "ca", "open sesame")
    await asyncio.to_thread(open_site, tmp_path / "state")
    async with deploy_server(DeployModel(), authority.public_line) as server:
        yield Site(tmp_path, server)


async def test_a_server_that_takes_deployments_is_well(site: Site) -> None:
    (told,) = await site.told()
    assert (told.mark, told.mend) == (Mark.OK, "")
    assert told.words == f"reel-deploy answers; kernel {KERNEL}, 1,024 MiB free"


async def test_a_site_that_ships_nothing_asks_nobody(site: Site) -> None:
    assert await site.told(site.config(signers=False)) == []
    assert site.server.sessions == 0


async def test_a_server_that_was_not_enrolled_for_deployments_is_told(site: Site, tmp_path: Path) -> None:
    other = create_authority(tmp_path / "other" / "ca", "open sesame")
    async with deploy_server(DeployModel(), other.public_line) as stranger:
        site.server = stranger
        (told,) = await site.told()
    assert told.mark is Mark.WARN
    assert "refused our certificate" in told.words
    assert told.mend == "enrol it again: projectionist enrol proj1"


async def test_a_server_that_cannot_be_reached_is_told(site: Site) -> None:
    (told,) = await site.told(site.config(port=1))
    assert told.mark is Mark.WARN
    assert "is 127.0.0.1:1 switched on" in told.mend


async def test_a_reel_deploy_that_refuses_is_told_with_its_words(site: Site) -> None:
    site.server.model.refuses["inspect"] = "no modinfo here"
    (told,) = await site.told()
    assert told.mark is Mark.WARN
    assert "no modinfo here" in told.words


async def test_a_server_on_which_nothing_could_be_staged_is_told(site: Site) -> None:
    site.server.model.free = 5 << 20
    (told,) = await site.told()
    assert (told.mark, "5 MiB of disk left" in told.words) == (Mark.WARN, True)
    site.server.model.free = 1 << 30
    site.server.model.boots = ""
    (told,) = await site.told()
    assert "another module than the one that it starts with" in told.words
