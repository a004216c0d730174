# SPDX-License-Identifier: Apache-2.0
"""The doctor at real servers: what it says of each trouble, and that it never takes a device from a running site."""

import time
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from adapters.ssh.watch import WATCH_PRINCIPAL
from adapters.store.lock import SiteLock
from adapters.store.site import open_site
from hall_runtime.config import SiteConfig, parse_config
from hall_runtime.doctor import servers
from hall_runtime.doctor.examine import examined
from hall_runtime.doctor.finding import Finding, Mark
from statemachines.gate import Gate
from tests.support.devices import TestDevice
from tests.support.sshd import RealSshd

pytestmark = pytest.mark.real_sshd
SEAT = "proj1: h1 projection"


class Site:
    """A configured site of one hall, its server and its device."""

    def __init__(self, directory: Path, sshd: RealSshd, device: TestDevice) -> None:
        self.directory, self.sshd, self.device = directory, sshd, device

    def config(self, *, host_key: str = "", port: int = 0, watch: bool = False) -> SiteConfig:
        text = f"""
            [site]
            id = "rialto"
            name = "Rialto"
            state = "{self.directory / "state"}"
            [kernel]
            buffer_mib = 1
            [ssh]
            authority = "{self.directory / "authority" / "ca"}"
            user = "{self.sshd.account}"
            agent = "{self.sshd.wrapper}"
            source_address = ["127.0.0.1/32"]
            [[servers]]
            id = "proj1"
            host = "{self.sshd.host}"
            port = {port or self.sshd.port}
            host_key = "{host_key or self.sshd.host_public}"
            watch = {str(watch).lower()}
            [[halls]]
            id = "h1"
            name = "Hall 1"
            projection = "proj1"
        """
        return parse_config(Path("cinema.toml"), text)

    async def seat(self, config: SiteConfig | None = None) -> list[Finding]:
        """Return what the doctor says of the seat."""
        found = await examined(config or self.config(), ask_servers=True)
        return [each for each in found if each.about == SEAT]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame")
    authority = create_authority(tmp_path / "authority" / "ca", "open sesame")
    open_site(tmp_path / "state")
    with (
        RealSshd(ca_public=authority.public_line, principals=["reel-h1-projection", WATCH_PRINCIPAL]) as sshd,
        TestDevice(sshd.devices, "h1", "projection") as device,
    ):
        yield Site(tmp_path, sshd, device)


async def test_a_sound_site_is_well(site: Site) -> None:
    agent, clock = await site.seat()
    assert (agent.mark, clock.mark) == (Mark.OK, Mark.OK)
    assert "device ABI 1" in agent.words
    assert "agree" in clock.words


async def link(site: Site, config: SiteConfig) -> Finding:
    """Return what the doctor says of the watch link; its own machine is not listened to then."""
    found = await examined(config, ask_servers=True)
    assert [each.words for each in found if each.about == "kernel events"] == [
        "come over the servers' watch links; none are heard from this machine"
    ]
    (told,) = (each for each in found if each.about == "proj1: watch link")
    return told


async def test_a_watch_link_is_tried_also_beside_a_running_site(site: Site) -> None:
    with SiteLock(site.directory / "state"):
        told = await link(site, site.config(watch=True))
    assert (told.mark, told.mend) == (Mark.OK, "")
    assert "udevadm listens" in told.words


async def test_a_server_that_was_not_enrolled_for_a_watch_link_is_told(site: Site) -> None:
    (site.sshd.root / "principals").write_text("reel-h1-projection\n", encoding="ascii")
    told = await link(site, site.config(watch=True))
    assert told.mark is Mark.FAIL
    assert "refused our certificate" in told.words
    assert "enrol proj1" in told.mend


async def test_looking_twice_is_possible_and_the_runtime_comes_after(site: Site) -> None:
    assert {each.mark for each in await site.seat()} == {Mark.OK}
    first = site.device.gate.fence
    assert {each.mark for each in await site.seat()} == {Mark.OK}
    assert site.device.gate.fence > first


async def test_a_running_runtime_keeps_its_device(site: Site) -> None:
    with SiteLock(site.directory / "state"):
        found = await examined(site.config(), ask_servers=True)
    assert next(each for each in found if each.about == SEAT).mark is Mark.OK
    said = next(each for each in found if each.about == "clocks and agents")
    assert "a runtime holds the site" in said.words
    assert site.device.gate == Gate()
    assert site.device.pings == []


async def test_a_projector_that_runs_is_not_greeted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = site.device.path / "snapshot"
    snapshot.write_text(snapshot.read_text().replace("motor=stop", "motor=run"))
    (found,) = await site.seat()
    assert found.mark is Mark.WARN
    assert "not greeted" in found.words
    assert site.device.gate == Gate()


async def test_a_clock_that_is_wrong_is_measured(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # The server's clock is this machine's: what the controller believes is moved instead, for the comparison alone.
    monkeypatch.setattr(servers, "time", _Clock(90))
    (_agent, clock) = await site.seat()
    assert clock.mark is Mark.FAIL
    assert "behind" in clock.words


class _Clock:
    def __init__(self, ahead_s: int) -> None:
        self._ahead_s = ahead_s

    def time(self) -> float:
        return time.time() + self._ahead_s


async def test_a_server_that_is_away_is_told_within_the_limit(site: Site) -> None:
    port = site.sshd.port
    site.sshd.stop()
    (found,) = await site.seat(site.config(port=port))
    assert found.mark is Mark.FAIL
    assert "cannot be reached" in found.words
    assert "switched on" in found.mend


async def test_another_host_key_is_told_with_both_fingerprints(site: Site) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    (found,) = await site.seat(site.config(host_key=other.export_public_key().decode().strip()))
    assert found.mark is Mark.FAIL
    assert other.get_fingerprint() in found.words
    assert asyncssh.import_public_key(site.sshd.host_public).get_fingerprint() in found.words


async def test_a_server_that_was_enrolled_for_another_authority_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "authority" / "ca").unlink()
    create_authority(tmp_path / "authority" / "ca", "open sesame")
    (found,) = await site.seat()
    assert found.mark is Mark.FAIL
    assert "refused our certificate" in found.words


async def test_a_device_that_is_gone_is_told(site: Site) -> None:
    site.device.vanish()
    (found,) = await site.seat()
    assert found.mark is Mark.FAIL
    assert "cannot read its device" in found.words


async def test_an_old_copy_of_the_state_is_told(site: Site) -> None:
    site.device.gate = Gate(fence=99, gen=1, controller="elsewhere")
    (found,) = await site.seat()
    assert found.mark is Mark.FAIL
    assert "old copy" in found.mend
