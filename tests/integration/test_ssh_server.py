# SPDX-License-Identifier: Apache-2.0
"""The simulated booth's SSH server lets in what sshd would let in, and runs the agent only."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import asyncssh
import pytest

from adapters.booth.ssh_server import AGENT_PATH, SshServer, SshServerPlan, serve_ssh
from tests.support.agent import AGENT
from tests.support.devices import TestDevice

LIMIT_S = 10.0
FORCED = f"{AGENT_PATH} alpha projection"
PRINCIPAL = "reel-alpha-projection"
CA = asyncssh.generate_private_key("ssh-ed25519")
KEY = asyncssh.generate_private_key("ssh-ed25519")


def certificate(
    *,
    ca: asyncssh.SSHKey = CA,
    principals: Sequence[str] = (PRINCIPAL,),
    force_command: str | None = FORCED,
    serial: int = 7,
    valid_after: int | str = 0,
    valid_before: int | str = 0xFFFFFFFFFFFFFFFF,
    source_address: Sequence[str] | None = None,
    permits: bool = False,
) -> asyncssh.SSHCertificate:
    return ca.generate_user_certificate(
        KEY,
        "test",
        serial=serial,
        principals=principals,
        valid_after=valid_after,
        valid_before=valid_before,
        force_command=force_command,
        source_address=source_address,
        permit_x11_forwarding=permits,
        permit_agent_forwarding=permits,
        permit_port_forwarding=permits,
        permit_pty=permits,
        permit_user_rc=permits,
    )


@pytest.fixture
def device(tmp_path: Path) -> Iterator[TestDevice]:
    with TestDevice(tmp_path, "alpha", "projection") as device:
        yield device


@pytest.fixture
def revoked(tmp_path: Path) -> Path:
    path = tmp_path / "revoked"
    path.write_text("")
    return path


@pytest.fixture
async def server(tmp_path: Path, revoked: Path) -> AsyncIterator[SshServer]:
    conf = tmp_path / "agent.conf"
    conf.write_text(f"devices = {tmp_path}\n")
    plan = SshServerPlan(
        user_ca=CA.export_public_key().decode(),
        principals={("alpha", "projection"): PRINCIPAL, ("beta", "sound"): "reel-beta-sound"},
        agent_script=AGENT,
        agent_conf=conf,
        revoked_serials=revoked,
    )
    server = await serve_ssh(plan)
    yield server
    await server.close()


@contextlib.asynccontextmanager
async def connected(server: SshServer, shown: asyncssh.SSHCertificate) -> AsyncIterator[asyncssh.SSHClientConnection]:
    async with (
        asyncio.timeout(LIMIT_S),
        asyncssh.connect(
            server.host,
            server.port,
            username="reel",
            client_keys=[(KEY, shown)],
            known_hosts=([asyncssh.import_public_key(server.host_public)], [], []),
            agent_path=None,
            config=None,
        ) as connection,
    ):
        yield connection


async def talk(connection: asyncssh.SSHClientConnection, *lines: str, command: str | None = None) -> list[str]:
    """Open a channel, say the lines and return all that came back; the last item is the exit status."""
    process = await connection.create_process(command)
    with contextlib.suppress(BrokenPipeError):  # the server may have closed the channel already
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.write_eof()
    said = await process.stdout.read()
    ended = await process.wait()
    return [*str(said).splitlines(), str(ended.exit_status)]


async def test_certificate_of_the_ca_reaches_the_agent_of_its_device(server: SshServer, device: TestDevice) -> None:
    async with connected(server, certificate()) as connection:
        said = await talk(connection, "hello 1 alpha projection 1 1 ctl 0", "cmd 1 1 1 motor run", "bye")
    assert said[0].startswith("welcome 1 ")
    assert said[1:] == ["ok 1", "bye", "0"]
    assert device.acted == ["motor run"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ca": asyncssh.generate_private_key("ssh-ed25519")},
        {"principals": ["reel-gamma-sound"]},
        {"principals": []},
        {"valid_before": int(time.time()) - 5},
        {"valid_after": "+1h"},
        {"source_address": ["192.0.2.1"]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_wrong_certificate_is_refused(server: SshServer, wrong: dict[str, object]) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        async with connected(server, certificate(**wrong)):  # type: ignore[arg-type]
            pass


async def test_key_without_a_certificate_and_passwords_are_refused(server: SshServer) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await asyncssh.connect(
            server.host,
            server.port,
            username="reel",
            password="reel",
            client_keys=[KEY],
            known_hosts=([asyncssh.import_public_key(server.host_public)], [], []),
            agent_path=None,
            config=None,
        )


async def test_source_address_that_fits_is_let_in(server: SshServer) -> None:
    async with connected(server, certificate(source_address=["127.0.0.0/8"])) as connection:
        assert await talk(connection, "ping 1") == ["pong 1", "0"]


@pytest.mark.parametrize(("listed", "let_in"), [("6\n8\n", True), ("6\n7\n", False), ("rubbish", False), (None, False)])
async def test_revoked_serial_is_refused_and_so_are_all_while_the_list_cannot_be_read(
    server: SshServer, revoked: Path, listed: str | None, let_in: bool
) -> None:
    await asyncio.to_thread(_replace, revoked, listed)
    if let_in:
        async with connected(server, certificate(serial=7)) as connection:
            assert await talk(connection, "ping 1") == ["pong 1", "0"]
    else:
        with pytest.raises(asyncssh.PermissionDenied):
            async with connected(server, certificate(serial=7)):
                pass


def _replace(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


@pytest.mark.parametrize(
    "forced",
    [
        "/bin/sh -c id",
        "id",
        AGENT_PATH,
        f"{AGENT_PATH} alpha projection; id",
        f"{AGENT_PATH} alpha sound",
        f"{AGENT_PATH} beta sound",  # served here, but this certificate lacks its principal
        f"{AGENT_PATH} '",
        None,
    ],
)
async def test_another_force_command_runs_nothing(server: SshServer, forced: str | None) -> None:
    async with connected(server, certificate(force_command=forced)) as connection:
        assert await talk(connection, "ping 1", command="id") == ["126"]
        assert await talk(connection, "ping 1") == ["126"]


async def test_whatever_the_client_asks_for_it_gets_the_agent(server: SshServer) -> None:
    async with connected(server, certificate()) as connection:
        assert await talk(connection, "id", "bye", command="/bin/sh -i") == ["error line", "bye", "0"]
        assert await talk(connection, "bye") == ["bye", "0"]
        sftp = await connection.create_process(subsystem="sftp")
        sftp.stdin.write("ping 1\n")
        assert await sftp.stdout.readline() == "pong 1\n"


async def test_environment_does_not_reach_the_agent(server: SshServer, tmp_path: Path) -> None:
    async with connected(server, certificate()) as connection:
        process = await connection.create_process(env={"REEL_AGENT_CONF": str(tmp_path / "other")})
        process.stdin.write("ping 1\n")
        assert await process.stdout.readline() == "pong 1\n"


@pytest.mark.parametrize("permits", [False, True])
async def test_pty_and_forwarding_are_refused_whatever_the_certificate_permits(
    server: SshServer, permits: bool
) -> None:
    async with connected(server, certificate(permits=permits)) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process(term_type="xterm")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", server.port)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1)


async def test_agent_that_hangs_in_a_device_ends_with_its_connection(server: SshServer, device: TestDevice) -> None:
    async with connected(server, certificate()) as connection:
        process = await connection.create_process()
        process.stdin.write("hello 1 alpha projection 1 1 ctl 0\n")
        assert (await process.stdout.readline()).startswith("welcome")
        device.hang()
        process.stdin.write("cmd 1 1 1 motor run\n")
    await asyncio.to_thread(_wait_until_agents_ended, device.path.parent)


async def test_close_ends_connections_and_agents(server: SshServer, device: TestDevice) -> None:
    async with connected(server, certificate()) as connection:
        process = await connection.create_process()
        process.stdin.write("ping 1\n")
        assert await process.stdout.readline() == "pong 1\n"
        await server.close(LIMIT_S)
        await connection.wait_closed()
    await asyncio.to_thread(_wait_until_agents_ended, device.path.parent)
    with pytest.raises(OSError, match="Connect"):
        async with connected(server, certificate()):
            pass


def _wait_until_agents_ended(devices: Path) -> None:
    """Wait until no process is configured with these devices any more; nothing tells when that is."""
    conf = f"REEL_AGENT_CONF={devices / 'agent.conf'}".encode()
    ends_at = time.monotonic() + LIMIT_S
    while any(conf in _environment(path) for path in Path("/proc").glob("[0-9]*/environ")):
        assert time.monotonic() < ends_at, "an agent still runs"
        time.sleep(0.02)


def _environment(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
