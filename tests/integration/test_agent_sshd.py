# SPDX-License-Identifier: Apache-2.0
"""reel-agent behind a real sshd: what a control certificate gives, and what it does not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from tests.support.devices import TestDevice
from tests.support.sshd import RealSshd

pytestmark = pytest.mark.real_sshd
LIMIT_S = 20.0
CA = asyncssh.generate_private_key("ssh-ed25519")
KEY = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(params=["/bin/dash", "/bin/busybox sh"])
def sshd(request: pytest.FixtureRequest) -> Iterator[RealSshd]:
    with RealSshd(
        ca_public=CA.export_public_key().decode(),
        principals=["reel-alpha-projection"],
        agent_shell=request.param,
    ) as sshd:
        yield sshd


@pytest.fixture
def device(sshd: RealSshd) -> Iterator[TestDevice]:
    with TestDevice(sshd.devices, "alpha", "projection") as device:
        yield device


@asynccontextmanager
async def connected(sshd: RealSshd) -> AsyncIterator[asyncssh.SSHClientConnection]:
    certificate = CA.generate_user_certificate(
        KEY,
        "test",
        serial=7,
        principals=["reel-alpha-projection"],
        force_command=sshd.force_command("alpha", "projection"),
        permit_x11_forwarding=False,
        permit_agent_forwarding=False,
        permit_port_forwarding=False,
        permit_pty=False,
        permit_user_rc=False,
    )
    async with (
        asyncio.timeout(LIMIT_S),
        asyncssh.connect(
            sshd.host,
            sshd.port,
            username=sshd.account,
            client_keys=[(KEY, certificate)],
            known_hosts=([asyncssh.import_public_key(sshd.host_public)], [], []),
            agent_path=None,
            config=None,
        ) as connection,
    ):
        yield connection


async def test_command_goes_through_sshd_to_the_device(sshd: RealSshd, device: TestDevice) -> None:
    async with connected(sshd) as connection:
        process = await connection.create_process()
        process.stdin.write("hello 1 alpha projection 1 1 ctl 0\ncmd 1 1 1 motor run\nbye\n")
        said = str(await process.stdout.read()).splitlines()
        assert said[0].startswith("welcome 1 ")
        assert said[1:] == ["ok 1", "bye"]
        assert (await process.wait()).exit_status == 0
    assert device.acted == ["motor run"]


async def test_client_cannot_choose_the_agents_configuration(sshd: RealSshd, device: TestDevice) -> None:
    other = sshd.root / "other.conf"
    other.write_text("rubbish\n")
    async with connected(sshd) as connection:
        process = await connection.create_process(env={"REEL_AGENT_CONF": str(other)})
        process.stdin.write("snapshot 1\n")
        assert str(await process.stdout.readline()).startswith("snapshot 1 epoch=77 ")


async def test_certificate_gives_the_agent_and_nothing_else(sshd: RealSshd) -> None:
    async with connected(sshd) as connection:
        asked = await connection.create_process("id; touch /tmp/hit")
        asked.stdin.write("id\nbye\n")
        assert str(await asked.stdout.read()) == "error line\nbye\n"
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(term_type="xterm")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", sshd.port)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1)
        sftp = await connection.create_process(subsystem="sftp")
        sftp.stdin.write("ping 1\n")
        assert await sftp.stdout.readline() == "pong 1\n"


async def test_revoked_serial_is_refused_and_sshd_says_why(sshd: RealSshd) -> None:
    async with connected(sshd):
        pass
    sshd.revoke([7])
    with pytest.raises(asyncssh.PermissionDenied):
        async with connected(sshd):
            pass
    assert "revoked" in sshd.wait_for_log("revoked by file")


async def test_restart_keeps_the_address_and_ends_sessions(sshd: RealSshd) -> None:
    async with connected(sshd) as connection:
        sshd.restart()
        await connection.wait_closed()
    async with connected(sshd) as connection:
        process = await connection.create_process()
        process.stdin.write("ping 1\n")
        assert str(await process.stdout.readline()) == "pong 1\n"
