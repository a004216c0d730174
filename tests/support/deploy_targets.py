# SPDX-License-Identifier: Apache-2.0
"""Servers that take deployments, for tests that run on each: the real reel-deploy under OpenSSH, and the simulated."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from adapters.ssh.authority import Authority
from adapters.ssh.credential import Credential
from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_PRINCIPAL, DeployLink, deploy_order, open_deploy
from adapters.ssh.hostkeys import ServerAddress
from tests.support.deploy_model import DeployModel
from tests.support.deploy_server import DeployServer, deploy_server
from tests.support.shipped import Signer
from tests.support.ssh import LIMIT_S, authority, serials, sshd_address
from tests.support.sshd import RealSshd
from tests.support.sysroot import OLD_KO, Sysroot


def deploy_credential(command: str = DEPLOY_COMMAND, *, age_s: int = 0, signer: Authority | None = None) -> Credential:
    """Return a deployment credential that was minted `age_s` seconds ago."""
    order = deploy_order("site", ("127.0.0.1/32",), command)
    return (signer or authority()).mint(order, now_s=int(time.time()) - age_s, serial=next(serials))


class Target(Protocol):
    """One server, seen from both of its ends."""

    address: ServerAddress
    command: str

    def film(self, hall: str) -> None:
        """Film is in the path of that hall."""

    def fill_disk(self) -> None:
        """No space is left."""

    def beside(self, name: str) -> bytes:
        """Return `reel-agent` or `agent.conf` as it is now."""

    async def reboot(self) -> None:
        """The server starts again; sessions may outlive it."""


async def opened(target: Target) -> DeployLink:
    return await open_deploy(target.address, deploy_credential(target.command), LIMIT_S)


@dataclass(frozen=True, slots=True)
class RealTarget(Target):
    """The real program under the OpenSSH server of this machine, in a tree of its own."""

    sshd: RealSshd
    host: Sysroot
    address: ServerAddress
    command: str

    @override
    def film(self, hall: str) -> None:
        self.host.thread(hall)

    @override
    def fill_disk(self) -> None:
        self.host.write("sim/free_kib", "100\n")

    @override
    def beside(self, name: str) -> bytes:
        where = {"reel-agent": "usr/local/lib/reel/reel-agent", "agent.conf": "etc/reel/agent.conf"}[name]
        return (self.host.root / where).read_bytes()

    @override
    async def reboot(self) -> None:
        await asyncio.to_thread(self.host.reboot)


@dataclass(frozen=True, slots=True)
class SimulatedTarget(Target):
    """The simulated server."""

    server: DeployServer
    address: ServerAddress
    command: str

    @override
    def film(self, hall: str) -> None:
        self.server.model.film.add(hall)

    @override
    def fill_disk(self) -> None:
        self.server.model.free = 100 << 10

    @override
    def beside(self, name: str) -> bytes:
        return self.server.model.current[name]

    @override
    async def reboot(self) -> None:
        self.server.model.reboot()


@asynccontextmanager
async def real_target(signer: Signer, old: bytes | None = OLD_KO) -> AsyncIterator[RealTarget]:
    """Serve the real reel-deploy."""
    sshd = RealSshd(ca_public=authority().public_line, principals=[DEPLOY_PRINCIPAL])
    with sshd:
        host = Sysroot(sshd.root / "host", signer, old=old, grant=sshd.grant)
        command = f"{host.root}/usr/local/lib/reel/reel-deploy {host.root}"
        yield RealTarget(sshd, host, sshd_address(sshd), command)


@asynccontextmanager
async def simulated_target(
    signer: Signer, directory: Path, old: bytes | None = OLD_KO
) -> AsyncIterator[SimulatedTarget]:
    """Serve the model."""
    signers = directory / "release_signers"
    signers.write_text(signer.allowed)
    async with deploy_server(DeployModel(old=old, signers=signers), authority().public_line) as server:
        yield SimulatedTarget(server, server.address, DEPLOY_COMMAND)
