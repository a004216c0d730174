# SPDX-License-Identifier: Apache-2.0
"""Which certificates and host keys are refused: the type is ours, the cause is read from sshd's own log."""

import asyncio
from collections.abc import Callable, Iterator

import asyncssh
import pytest

from adapters.ssh.authority import Authority
from adapters.ssh.connect import open_connection
from adapters.ssh.credential import Credential
from adapters.ssh.errors import CredentialRefused, HostKeyRefused
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.link import open_link
from tests.support.devices import TestDevice
from tests.support.ssh import HALL, LIMIT_S, ROLE, authority, mint, sshd_address
from tests.support.sshd import RealSshd

pytestmark = pytest.mark.real_sshd

HOST_CA = asyncssh.generate_private_key("ssh-ed25519")
OTHER_CA_KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER_CA = Authority(OTHER_CA_KEY)
HOUR_S = 3600


@pytest.fixture(scope="module")
def sshd() -> Iterator[RealSshd]:
    serving = RealSshd(ca_public=authority().public_line, principals=[f"reel-{HALL}-{ROLE}"], host_ca=HOST_CA)
    with serving as sshd, TestDevice(sshd.devices, HALL, ROLE):
        yield sshd


async def logged(sshd: RealSshd, credential: Credential) -> str:
    """Return what sshd logged of the connection on which it refused this certificate."""
    mark = f"(serial {credential.serial})"
    before, _, after = (await asyncio.to_thread(sshd.wait_for_log, mark)).partition(mark)
    return before.rpartition("Connection from")[2] + after.partition("\n")[0]


async def greeted(address: ServerAddress, credential: Credential) -> int:
    """Return the epoch that a whole way to the agent gives."""
    link = await open_link(address, credential, limit_s=LIMIT_S)
    try:
        return (await link.snapshot(LIMIT_S)).epoch
    finally:
        await link.close(LIMIT_S)


async def test_a_good_certificate_reaches_the_agent(sshd: RealSshd) -> None:
    assert await greeted(sshd_address(sshd), mint(sshd.force_command(HALL, ROLE))) == 77


@pytest.mark.parametrize(
    ("minted", "cause"),
    [
        (lambda: mint(age_s=HOUR_S), "Certificate invalid: expired"),
        (lambda: mint(age_s=-HOUR_S), "Certificate invalid: not yet valid"),
        (lambda: mint(age_s=-120), "Certificate invalid: not yet valid"),
        (lambda: mint(principal="reel-beta-projection"), "Certificate does not contain an authorized principal"),
        (lambda: mint(source_address=("192.0.2.0/24",)), "not from a permitted source address"),
        (lambda: mint(signer=OTHER_CA), f"CA ED25519 {OTHER_CA_KEY.get_fingerprint()}"),
    ],
    ids=["expired", "future", "clock ahead", "principal", "source", "another CA"],
)
async def test_a_refused_certificate(sshd: RealSshd, minted: Callable[[], Credential], cause: str) -> None:
    credential = minted()  # now: a certificate from when the tests were collected has grown older meanwhile
    with pytest.raises(CredentialRefused) as refused:
        await open_link(sshd_address(sshd), credential, limit_s=LIMIT_S)
    assert refused.value.facts == credential.facts()
    for fact in (str(credential.serial), credential.principal, f"{sshd.host}:{sshd.port}"):
        assert fact in str(refused.value)
    assert cause in await logged(sshd, credential)


async def test_a_revoked_certificate_and_that_only(sshd: RealSshd) -> None:
    revoked, spared = mint(sshd.force_command(HALL, ROLE)), mint(sshd.force_command(HALL, ROLE))
    assert await greeted(sshd_address(sshd), revoked) == 77
    await asyncio.to_thread(sshd.revoke, [revoked.serial])
    with pytest.raises(CredentialRefused) as refused:
        await open_link(sshd_address(sshd), revoked, limit_s=LIMIT_S)
    assert refused.value.facts.serial == revoked.serial
    log = await asyncio.to_thread(sshd.wait_for_log, "revoked by file")
    assert [line for line in log.splitlines() if revoked.facts().fingerprint in line and "revoked by file" in line]
    assert await greeted(sshd_address(sshd), spared) == 77


async def test_backdating_allows_for_clocks_that_differ(sshd: RealSshd) -> None:
    assert await greeted(sshd_address(sshd), mint(sshd.force_command(HALL, ROLE), age_s=-50)) == 77


async def test_another_host_key_than_the_pinned_one(sshd: RealSshd) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").convert_to_public()
    shown = asyncssh.import_public_key(sshd.host_public).get_fingerprint()
    wrong = ServerAddress(
        host=sshd.host, port=sshd.port, user=sshd.account, host_keys=(other.export_public_key().decode(),)
    )
    with pytest.raises(HostKeyRefused) as refused:
        await open_link(wrong, mint(), limit_s=LIMIT_S)
    assert refused.value.expected == (f"key {other.get_fingerprint()}",)
    assert refused.value.shown == f"key {shown}"


def by_host_ca(sshd: RealSshd, key: asyncssh.SSHKey, host: str = "") -> ServerAddress:
    line = key.export_public_key().decode().strip()
    return ServerAddress(host=host or sshd.host, port=sshd.port, user=sshd.account, host_ca=line)


async def test_a_host_certificate_of_our_host_ca_is_trusted(sshd: RealSshd) -> None:
    assert await greeted(by_host_ca(sshd, HOST_CA), mint(sshd.force_command(HALL, ROLE))) == 77


async def test_a_host_certificate_of_another_ca_is_refused(sshd: RealSshd) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(HostKeyRefused) as refused:
        await open_link(by_host_ca(sshd, other), mint(), limit_s=LIMIT_S)
    assert refused.value.shown == f"a certificate of host CA {HOST_CA.get_fingerprint()}"


async def test_a_host_certificate_for_another_name_is_refused(sshd: RealSshd) -> None:
    with pytest.raises(HostKeyRefused, match="flaw"):
        await open_link(by_host_ca(sshd, HOST_CA, host="localhost"), mint(), limit_s=LIMIT_S)


async def test_a_host_ca_is_expected_but_the_server_has_no_certificate() -> None:
    with RealSshd(ca_public=authority().public_line, principals=["reel"]) as bare:
        with pytest.raises(HostKeyRefused) as refused:
            await open_link(by_host_ca(bare, HOST_CA), mint(), limit_s=LIMIT_S)
        shown = asyncssh.import_public_key(bare.host_public).get_fingerprint()
    assert refused.value.shown == f"key {shown}"


@pytest.mark.parametrize("asked", ["sh -c 'echo intruder'", "cat /etc/passwd", None])
async def test_whatever_is_asked_only_the_agent_answers(sshd: RealSshd, asked: str | None) -> None:
    connection = await open_connection(sshd_address(sshd), mint(sshd.force_command(HALL, ROLE)), limit_s=LIMIT_S)
    async with connection:
        answer = await connection.run(asked, input="echo intruder\nping 7\nbye\n", timeout=LIMIT_S)
        assert answer.stdout == "error line\npong 7\nbye\n"


async def test_no_terminal_no_forwarding_no_sftp(sshd: RealSshd) -> None:
    connection = await open_connection(sshd_address(sshd), mint(sshd.force_command(HALL, ROLE)), limit_s=LIMIT_S)
    async with connection, asyncio.timeout(LIMIT_S):
        with pytest.raises(asyncssh.ChannelOpenError, match="PTY request failed"):
            await connection.run("sh", request_pty="force")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", sshd.port)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", sshd.port)
        sftp = await connection.create_process(subsystem="sftp", encoding=None)
        sftp.stdin.write(b"\0\0\0\5\1\0\0\0\3\nbye\n")  # SSH_FXP_INIT: an agent calls it a wrong line
        assert await sftp.stdout.read() == b"error line\nbye\n"
