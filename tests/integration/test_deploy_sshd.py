# SPDX-License-Identifier: Apache-2.0
"""What a deployment certificate can do at a real sshd: its verbs, and nothing else; and who else cannot do them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from adapters.ssh.authority import Authority
from adapters.ssh.connect import open_connection
from adapters.ssh.deploy import open_deploy
from adapters.ssh.errors import CredentialRefused, LinkLost, ServerRefused
from tests.support.deploy_targets import RealTarget, deploy_credential, opened, real_target
from tests.support.shipped import KERNEL, make_signer
from tests.support.ssh import LIMIT_S, mint

pytestmark = pytest.mark.real_sshd


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[RealTarget]:
    async with real_target(make_signer(tmp_path)) as target:
        yield target


async def connected(target: RealTarget) -> asyncssh.SSHClientConnection:
    return await open_connection(target.address, deploy_credential(target.command), limit_s=LIMIT_S)


async def said(connection: asyncssh.SSHClientConnection, command: str | None) -> tuple[str, int | None]:
    async with asyncio.timeout(LIMIT_S):
        done = await connection.run(command, input="", stderr=asyncssh.DEVNULL)
    return str(done.stdout), done.exit_status


async def test_every_request_but_a_verb_is_refused(target: RealTarget) -> None:
    connection = await connected(target)
    for command in (
        None,
        "/bin/sh",
        "id",
        "inspect; id",
        "inspect\nid",
        "inspect $(id)",
        "inspect `id`",
        "inspect now",
        "stage",
        f"stage {'0' * 64} put ../../etc/passwd",
        f"stage {'0' * 64} put reelctl.ko.new",
        f"stage {'0' * 63} verify",
        f"stage {'G' * 64} verify",
        "install ../staged",
        "load *",
        "rollback nothing",
        f"probe {'0' * 64} shell",
        "scp -t /tmp",
        "-c id",
        "inspect " + "x" * 400,
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
    ):
        words, status = await said(connection, command)
        assert words.startswith("refused malformed: ask inspect, stage SHA put NAME"), command
        assert status == 2, command
    assert (await said(connection, "inspect"))[1] == 0
    connection.abort()


async def test_no_shell_no_terminal_no_files_no_forwarding(target: RealTarget, tmp_path: Path) -> None:
    connection = await connected(target)
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.create_process("inspect", term_type="xterm")
    with pytest.raises((asyncssh.Error, OSError)):
        async with asyncio.timeout(LIMIT_S), connection.start_sftp_client() as sftp:
            await sftp.listdir("/")
    (tmp_path / "evil").write_text("x")
    with pytest.raises((asyncssh.Error, OSError)):
        async with asyncio.timeout(LIMIT_S):
            await asyncssh.scp(str(tmp_path / "evil"), (connection, str(target.sshd.root / "evil")))
    with pytest.raises(asyncssh.ChannelOpenError):
        await connection.open_connection("127.0.0.1", target.sshd.port)
    with pytest.raises(asyncssh.ChannelListenError):
        await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", target.sshd.port)
    assert not (target.sshd.root / "evil").exists()
    assert (await said(connection, "inspect"))[1] == 0
    connection.abort()


async def test_no_other_certificate_deploys(target: RealTarget) -> None:
    control = target.sshd.force_command("alpha", "projection")
    stranger = Authority(asyncssh.generate_private_key("ssh-ed25519"))
    for credential in (
        mint(control),  # a control certificate: its principal is none of this account's
        mint(target.command),  # and neither is it with another command
        mint(target.command, principal="reel-krl"),
        deploy_credential(target.command, age_s=121),  # it lives two minutes
        deploy_credential(target.command, age_s=-300),
        deploy_credential(target.command, signer=stranger),
    ):
        with pytest.raises(CredentialRefused):
            await open_deploy(target.address, credential, LIMIT_S)
    revoked = deploy_credential(target.command)
    target.sshd.revoke([revoked.serial])
    with pytest.raises(CredentialRefused):
        await open_deploy(target.address, revoked, LIMIT_S)


async def test_a_second_deployment_waits_and_is_told(target: RealTarget) -> None:
    lock = target.host.root / "run/reel-deploy/lock"
    lock.parent.mkdir()
    lock.touch()
    target.sshd.grant(lock.parent)
    holder = await asyncio.create_subprocess_exec("flock", lock, "cat", stdin=asyncio.subprocess.PIPE)
    await asyncio.sleep(0.2)
    link = await opened(target)
    with pytest.raises(ServerRefused, match="another deployment is at work"):
        await link.inspect(limit_s=LIMIT_S)
    await holder.communicate(b"")
    assert (await link.inspect(limit_s=LIMIT_S)).found.kernel == KERNEL
    await link.close()


async def test_a_step_that_does_not_end_in_time_ends_the_session(target: RealTarget) -> None:
    link = await opened(target)
    with pytest.raises(LinkLost, match="no answer to 'inspect' within"):
        await link.inspect(limit_s=0.001)
    with pytest.raises(LinkLost):
        await link.inspect(limit_s=LIMIT_S)
    await link.close()
    again = await opened(target)
    assert (await again.inspect(limit_s=LIMIT_S)).found.kernel == KERNEL
    await again.close()


async def test_a_server_that_goes_away_in_the_middle_is_told(target: RealTarget) -> None:
    link = await opened(target)
    await asyncio.to_thread(target.sshd.end)
    with pytest.raises(LinkLost):
        await link.inspect(limit_s=LIMIT_S)
    await link.close()
