# SPDX-License-Identifier: Apache-2.0
"""An authority, credentials and scripted SSH servers for tests of the controller's side."""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import asyncssh
from typing_extensions import override

from adapters.booth.ssh_server import AGENT_PATH, SshServerPlan, serve_ssh
from adapters.ssh.authority import Authority
from adapters.ssh.credential import Credential, Order
from adapters.ssh.hostkeys import ServerAddress
from tests.support.devices import TestDevice
from tests.support.sshd import AGENT, RealSshd

HALL, ROLE = "alpha", "projection"
LIMIT_S = 10.0

Agent = Callable[[asyncssh.SSHServerProcess[bytes]], Awaitable[None]]

serials = count(1000)
"""Serials for certificates of this run's authority."""


@functools.cache
def authority() -> Authority:
    """Return the CA of this test run; it was never on a disk."""
    return Authority(asyncssh.generate_private_key("ssh-ed25519"))


def mint(
    force_command: str = "reel-agent",
    *,
    age_s: int = 0,
    life_s: int = 900,
    backdate_s: int = 60,
    principal: str = "",
    source_address: tuple[str, ...] = ("127.0.0.1/32",),
    signer: Authority | None = None,
) -> Credential:
    """Return a credential that was minted `age_s` seconds ago (negative: in the future)."""
    order = Order(
        hall=HALL,
        role=ROLE,
        force_command=force_command,
        source_address=source_address,
        life_s=life_s,
        backdate_s=backdate_s,
        principal=principal,
    )
    return (signer or authority()).mint(order, now_s=int(time.time()) - age_s, serial=next(serials))


@asynccontextmanager
async def agent_server(agent: Agent) -> AsyncIterator[ServerAddress]:
    """Serve each session with `agent`, for certificates of this run's authority; all sessions end with the block."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    trusted = f'cert-authority,principals="reel-{HALL}-{ROLE}" {authority().public_line}\n'
    connections: list[asyncssh.SSHServerConnection] = []

    class Door(asyncssh.SSHServer):
        @override
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        # When the client hangs up, a test asks at the client's side what it wants to know.
        with contextlib.suppress(asyncssh.Error, OSError):
            await agent(process)
        process.close()

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(trusted),
        server_factory=Door,
        process_factory=serve,
        encoding=None,
    )
    try:
        yield ServerAddress(
            host="127.0.0.1",
            port=server.get_port(),
            host_keys=(host_key.export_public_key().decode().strip(),),
        )
    finally:
        server.close()
        for connection in connections:
            connection.abort()
            await connection.wait_closed()
        await server.wait_closed()


@dataclass(frozen=True, slots=True)
class Booth:
    """A running server with one device of (HALL, ROLE). `stop` ends the server with all its sessions."""

    address: ServerAddress
    force_command: str
    device: TestDevice
    stop: Callable[[], Awaitable[None]]

    def credential(self) -> Credential:
        return mint(self.force_command)


@asynccontextmanager
async def openssh_booth(_: Path) -> AsyncIterator[Booth]:
    """Serve the device with the OpenSSH server of this machine."""
    sshd = RealSshd(ca_public=authority().public_line, principals=[f"reel-{HALL}-{ROLE}"])

    async def stop() -> None:
        await asyncio.to_thread(sshd.stop)

    with sshd, TestDevice(sshd.devices, HALL, ROLE) as device:
        yield Booth(sshd_address(sshd), sshd.force_command(HALL, ROLE), device, stop)


def sshd_address(sshd: RealSshd) -> ServerAddress:
    """Return how a real sshd is reached, with its host key pinned."""
    return ServerAddress(host=sshd.host, port=sshd.port, user=sshd.account, host_keys=(sshd.host_public,))


@asynccontextmanager
async def asyncssh_booth(directory: Path) -> AsyncIterator[Booth]:
    """Serve the device with the SSH server of the simulated booth."""
    conf = directory / "agent.conf"
    conf.write_text(f"devices = {directory}\n")
    with TestDevice(directory, HALL, ROLE) as device:
        server = await serve_ssh(
            SshServerPlan(
                user_ca=authority().public_line,
                principals={(HALL, ROLE): f"reel-{HALL}-{ROLE}"},
                agent_script=AGENT / "reel-agent",
                agent_conf=conf,
            )
        )
        try:
            yield Booth(
                ServerAddress(host=server.host, port=server.port, host_keys=(server.host_public,)),
                f"{AGENT_PATH} {HALL} {ROLE}",
                device,
                server.close,
            )
        finally:
            await server.close()
