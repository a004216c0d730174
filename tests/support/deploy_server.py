# SPDX-License-Identifier: Apache-2.0
"""A server in process that takes deployments, over real SSH: for roll-outs over many, and for the contract.

    async with deploy_server(DeployModel(), authority().public_line) as server:
        link = await open_deploy(server.address, credential, LIMIT_S)

As sshd would, it lets in only certificates of that CA with a principal that it knows, and runs only what such a
certificate's force-command names: reel-deploy, or the watch link's monitor, which tells the model's heartbeats.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncssh
from typing_extensions import override

from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_PRINCIPAL
from adapters.ssh.hostkeys import ServerAddress
from adapters.ssh.watch import WATCH_PRINCIPAL, watch_command
from tests.support.deploy_model import DeployModel, Refused
from tests.support.fake_watch import HEAD, written

BEAT_S = 0.5
_WORD = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_MOST = 64 << 20


@dataclass
class DeployServer:
    """A listening server. `sessions` counts the connections that were let in."""

    model: DeployModel
    address: ServerAddress = field(default_factory=lambda: ServerAddress(host="127.0.0.1"))
    sessions: int = 0
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    _seqs: dict[int, int] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def cut(self) -> None:
        """Every connection breaks, as when the network or the machine goes."""
        for connection in tuple(self.connections):
            connection.abort()

    def reboot(self) -> None:
        """The machine goes, and comes back at once."""
        self.cut()
        self.model.reboot()

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Serve one channel; the certificate says as what."""
        with contextlib.suppress(asyncssh.Error, OSError):
            match process.get_extra_info("forced")():
                case command if command == DEPLOY_COMMAND:
                    await self._deploy(process)
                case command if command == watch_command("reel"):
                    await self._watch(process)
                case _:
                    process.exit(126)

    async def _deploy(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        words = (process.command or "").split(" ")
        fate = self.model.dies.pop(words[0], "")
        try:
            if not all(words) or any(set(word) - _WORD for word in words):
                raise ValueError(words)
            if fate in ("before", "reboot"):
                raise ConnectionAbortedError
            async with self._turn:
                lines = [*await self.model.do(words, lambda: process.stdin.read(_MOST)), "ok"]
            if fate == "after":
                raise ConnectionResetError
            status = 0
        except Refused as refused:
            lines, status = [*(f"log {each}" for each in ("the end of", "its log")), f"refused {refused}"], 1
        except ValueError:
            lines, status = ["refused malformed: ask another verb"], 2
        except ConnectionAbortedError:  # the kernel fell over, or it was told to
            self.reboot() if fate != "before" else self.cut()
            return
        except ConnectionResetError:
            self.cut()
            return
        process.stdout.write("".join(f"{line}\n" for line in lines).encode())
        process.exit(status)

    async def _watch(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(HEAD.encode())
        while not process.is_closing():
            model = self.model
            for device, epoch in zip(model.devices, model.epochs, strict=False):
                if not model.is_mute:
                    process.stdout.write(self._heartbeat(device, epoch).encode())
            await process.stdout.drain()
            await asyncio.sleep(BEAT_S)

    def _heartbeat(self, device: str, epoch: int) -> str:
        hall, _, role = device.partition("-")
        self._seqs[epoch] = seq = self._seqs.get(epoch, 0) + 1
        said = {"HALL": hall, "ROLE": role, "EVENT": "heartbeat", "SEQ": seq, "EPOCH": epoch, "FRAME": 0, "NS": seq}
        return written(" ".join(f"REEL_{key}={value}" for key, value in (said | {"VAL": 0}).items()), seqnum=seq)


class _Door(asyncssh.SSHServer):
    def __init__(self, server: DeployServer) -> None:
        self._server = server
        self._connection: asyncssh.SSHServerConnection | None = None

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections.add(conn)
        # asyncssh puts the forced command in the place of what was asked for; sshd keeps both.
        said = conn.get_certificate_option
        conn.set_extra_info(forced=lambda: said("force-command"))
        conn.get_certificate_option = lambda option, default=None: (  # type: ignore[method-assign]
            default if option == "force-command" else said(option, default)
        )

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._server.connections.discard(self._connection)

    @override
    def auth_completed(self) -> None:
        self._server.sessions += 1


@asynccontextmanager
async def deploy_server(model: DeployModel, authority_line: str, *, port: int = 0) -> AsyncIterator[DeployServer]:
    """Serve `model` on 127.0.0.1 until the block ends, for certificates of this CA."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    principals = f"{DEPLOY_PRINCIPAL},{WATCH_PRINCIPAL}"
    trusted = asyncssh.import_authorized_keys(f'cert-authority,principals="{principals}" {authority_line}\n')
    server = DeployServer(model)
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[host_key],
        authorized_client_keys=trusted,
        server_factory=lambda: _Door(server),
        process_factory=server.serve,
        encoding=None,
        line_editor=False,
        allow_pty=False,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        compression_algs=None,
    )
    line = host_key.export_public_key().decode().strip()
    server.address = ServerAddress(host="127.0.0.1", port=acceptor.get_port(), user="root", host_keys=(line,))
    try:
        yield server
    finally:
        acceptor.close()
        for connection in tuple(server.connections):
            connection.abort()
            await connection.wait_closed()
        await acceptor.wait_closed()
