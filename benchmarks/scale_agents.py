# SPDX-License-Identifier: Apache-2.0
"""Servers for many halls in one process: asyncssh, and an agent in Python that speaks the agent's lines.

A real server runs OpenSSH and a shell for each session; two thousand of those do not fit beside what is measured.
This one verifies certificates of the user CA, runs nothing, and answers `hello`, `cmd`, `ping`, `snapshot`, `ring`
and `bye`. `python -m benchmarks.scale_agents USER_CA_FILE DEVICES_FILE HALL,HALL…` serves, and is asked over its
standard input: `cut` ends every connection, `deaf` stops listening, `back` listens again, `told` tells what came in.
"""

import asyncio
import gc
import logging
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
from typing_extensions import override

from benchmarks.scale_devices import Devices
from benchmarks.scale_talk import asked, say
from statemachines.gate import Admission, Gate, admit, claim, record
from statemachines.words import Role
from tests.support.ports import free_port

HOST = "127.0.0.1"
LOGIN_LIMIT_S = 20.0
MAX_LINE = 512


@dataclass
class Agent:
    """What one (hall, role) remembers between its sessions."""

    hall: str
    role: Role
    gate: Gate = field(default_factory=Gate)


@dataclass
class Served:
    """All that one process serves. `commands` are (hall, verb, ns of the monotonic clock), as they came in."""

    devices: Devices
    agents: dict[tuple[str, str], Agent]
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    commands: list[tuple[str, str, int]] = field(default_factory=list)
    most_at_once: int = 0
    opening: int = 0


class _Server(asyncssh.SSHServer):
    def __init__(self, served: Served) -> None:
        self._served = served
        self._connection: asyncssh.SSHServerConnection | None = None
        self._opening = False

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection, self._opening = conn, True
        self._served.connections.add(conn)
        self._served.opening += 1
        self._served.most_at_once = max(self._served.most_at_once, self._served.opening)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._opened()
        if self._connection is not None:
            self._served.connections.discard(self._connection)

    @override
    def auth_completed(self) -> None:
        self._opened()

    def _opened(self) -> None:
        if self._opening:
            self._opening = False
            self._served.opening -= 1

    @override
    def session_requested(self) -> "_Session | bool":
        forced = self._connection.get_certificate_option("force-command") if self._connection else None
        match str(forced).split():
            case [_path, hall, role] if (hall, role) in self._served.agents:
                return _Session(self._served, self._served.agents[hall, role])
        return False


class _Session(asyncssh.SSHServerSession[bytes]):
    """One channel: lines in, lines out."""

    def __init__(self, served: Served, agent: Agent) -> None:
        self._served, self._agent = served, agent
        self._rest = b""

    @override
    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    @override
    def exec_requested(self, command: str) -> bool:
        return True

    @override
    def data_received(self, data: bytes, datatype: int | None) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            words = line.decode("ascii").split(" ")
            self._channel.write(f"{answer(self._served, self._agent, words)}\n".encode("ascii"))
            if words == ["bye"]:
                self._channel.exit(0)
        if len(self._rest) > MAX_LINE:
            self._channel.exit(4)


def answer(served: Served, agent: Agent, words: list[str]) -> str:
    """Return what the agent says to one request; several lines where the protocol has them."""
    match words:
        case ["ping", number]:
            return f"pong {number}"
        case ["snapshot", number]:
            return f"snapshot {number} {_snapshot(served, agent)}"
        case ["cmd", fence, gen, seq, verb, *_arg]:
            return _command(served, agent, (int(fence), int(gen)), int(seq), verb)
        case ["hello", "1", _hall, _role, fence, gen, controller, seq]:
            return _hello(served, agent, (int(fence), int(gen)), controller, int(seq))
        case ["ring", number, epoch, first]:
            return _ring(served, agent, number, int(epoch), int(first))
        case ["bye"]:
            return "bye"
        case _:
            return "error word"


def _hello(served: Served, agent: Agent, order: tuple[int, int], controller: str, seq: int) -> str:
    before = agent.gate
    agent.gate, said = claim(before, *order, controller, seq, lease_fed=True)
    if said != "ok":
        return f"refused hello {said.partition(':')[2]}"
    epoch = served.devices.epoch(agent.hall, agent.role)
    return f"welcome 1 light 1 {epoch} {before.last} {before.result if before.last else '-'} {int(time.time())}"


def _command(served: Served, agent: Agent, order: tuple[int, int], seq: int, verb: str) -> str:
    served.commands.append((agent.hall, verb, time.monotonic_ns()))
    match admit(agent.gate, *order, seq, verb):
        case Admission.ACT:
            agent.gate = record(agent.gate, seq, "ok")
            return f"ok {seq}"
        case Admission.MEMORY:
            return f"ok {seq}"
        case refusal:
            return f"refused {seq} {refusal}"


def _snapshot(served: Served, agent: Agent) -> str:
    told = served.devices.snapshot(agent.hall, agent.role)
    gate = agent.gate
    return f"{told} fence={gate.fence} gen={gate.gen} last={gate.last}"


def _ring(served: Served, agent: Agent, number: str, epoch: int, first: int) -> str:
    if epoch != served.devices.epoch(agent.hall, agent.role):
        return f"ring {number} epoch"
    lines = served.devices.ring(agent.hall, agent.role, first)
    return "\n".join([f"ring {number} {len(lines)}", *lines, f"end {number}"])


class LightServer:
    """A listening server for some halls. `port` and `host_public` say how to reach and know it."""

    def __init__(self, user_ca: str, served: Served) -> None:
        self.served = served
        self.port = free_port()
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_public = self._key.export_public_key("openssh").decode("ascii").strip()
        self._trusted = asyncssh.import_authorized_keys(f'cert-authority,principals="reel-*" {user_ca.strip()}\n')
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def listen(self) -> None:
        """Listen, on the same port as before."""
        self._acceptor = await asyncssh.listen(
            HOST,
            self.port,
            backlog=4096,
            server_factory=lambda: _Server(self.served),
            server_host_keys=[self._key],
            authorized_client_keys=self._trusted,
            config=None,
            encoding=None,
            line_editor=False,
            allow_pty=False,
            allow_scp=False,
            sftp_factory=None,
            agent_forwarding=False,
            x11_forwarding=False,
            compression_algs=None,
            login_timeout=LOGIN_LIMIT_S,
            keepalive_interval=0,
        )

    async def deafen(self) -> None:
        """Stop listening: whoever connects is refused."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            self._acceptor = None

    def cut(self) -> int:
        """End every connection at once and return how many there were."""
        connections = tuple(self.served.connections)
        for connection in connections:
            connection.abort()
        return len(connections)


async def _serve(user_ca: str, devices: Path, halls: list[str]) -> None:
    agents = {(hall, role.value): Agent(hall, role) for hall in halls for role in Role}
    server = LightServer(user_ca, Served(Devices(devices), agents))
    await server.listen()
    say({"port": server.port, "host_key": server.host_public})
    async for line in asked():
        say(await _done(server, line))


async def _done(server: LightServer, line: str) -> dict[str, Any]:
    served = server.served
    match line:
        case "cut":
            return {"cut": server.cut()}
        case "deaf":
            await server.deafen()
        case "back":
            await server.listen()
        case "told":
            gc.collect()
            gc.freeze()  # what is measured next shall not wait while this process walks its connections
            told: dict[str, Any] = {"commands": served.commands, "most_at_once": served.most_at_once}
            served.commands, served.most_at_once = [], 0
            return told
        case _:
            raise ValueError(line)
    return {}


if __name__ == "__main__":
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
    asyncio.run(_serve(Path(sys.argv[1]).read_text(encoding="ascii"), Path(sys.argv[2]), sys.argv[3].split(",")))
