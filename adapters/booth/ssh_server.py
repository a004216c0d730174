# SPDX-License-Identifier: Apache-2.0
"""The SSH server of a simulated booth: one user CA, one command, nothing else. A real booth runs OpenSSH.

It follows what sshd is configured to do on a booth's servers: a certificate of the user CA, with the principal of
a (hall, role), runs the force-command that it carries. That command names the agent by its path on a server; here
the packaged script is run in its place, without a shell reading any word of it.
"""

import asyncio
import contextlib
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from asyncssh.public_key import SSHOpenSSHCertificate
from typing_extensions import override

AGENT_PATH = "/usr/local/lib/reel/reel-agent"
"""Where a server keeps its agent; the only command that a certificate can name here."""

HOST = "127.0.0.1"
LOGIN_LIMIT_S = 10.0
KEEPALIVE_S = 15.0
CHILD_LIMIT_S = 1.0
"""How long an agent may still finish its line after its connection has ended."""
NOT_RUN = 126


@dataclass(frozen=True, slots=True, kw_only=True)
class SshServerPlan:
    """What one server shall be.

    `user_ca` is an OpenSSH public key line; `principals` names the principal of each (hall, role) served;
    `agent_script` is the packaged reel-agent and `agent_conf` its configuration. `revoked_serials` is a file of
    decimal certificate serials, one a line, read at each login; while it cannot be read nobody is let in.
    `port` 0 lets the system choose. `host_key` is made anew when none is given.
    """

    user_ca: str
    principals: Mapping[tuple[str, str], str]
    agent_script: Path
    agent_conf: Path
    revoked_serials: Path | None = None
    port: int = 0
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))


class _Guard(asyncssh.SSHServer):
    """One connection: lets its certificate in or not, and remembers which principals it holds."""

    def __init__(self, plan: SshServerPlan, guarded: "set[_Guard]") -> None:
        self._plan = plan
        self._guarded = guarded
        self._principals: frozenset[str] = frozenset()
        self.connection: asyncssh.SSHServerConnection | None = None

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn
        self._guarded.add(self)
        # asyncssh shows a server only the certificate's CA; revocation needs its serial.
        validate = conn._validate_openssh_certificate

        async def validate_unrevoked(user: str, certificate: SSHOpenSSHCertificate) -> asyncssh.SSHKey | None:
            self._principals = frozenset(certificate.principals)
            if _is_revoked(self._plan.revoked_serials, certificate._serial):
                return None
            return await validate(user, certificate)

        conn._validate_openssh_certificate = validate_unrevoked  # type: ignore[method-assign, assignment]
        conn.set_extra_info(guard=self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._guarded.discard(self)

    @override
    def password_auth_supported(self) -> bool:
        return False

    @override
    def kbdint_auth_supported(self) -> bool:
        return False

    def agent_arguments(self) -> list[str] | None:
        """Return the agent's arguments when the certificate's force-command is one that its principals may run.

        Without a force-command the client has chosen its command itself: then nothing runs.
        """
        forced = self.connection.get_certificate_option("force-command") if self.connection else None
        try:
            path, hall, role = shlex.split(str(forced))
        except ValueError:
            return None
        wanted = self._plan.principals.get((hall, role))
        return [hall, role] if path == AGENT_PATH and wanted in self._principals else None


def _is_revoked(path: Path | None, serial: int) -> bool:
    if path is None:
        return False
    try:
        return serial in {int(line) for line in path.read_text("ascii").split()}
    except (OSError, ValueError):
        return True


class _Agents:
    """The agents that run now."""

    def __init__(self, plan: SshServerPlan) -> None:
        self._plan = plan
        self.running: set[asyncio.Task[None]] = set()

    def start(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Serve one channel."""
        task = asyncio.create_task(self._run(process))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        guard: _Guard = process.get_extra_info("guard")
        arguments = guard.agent_arguments()
        if arguments is None:
            process.exit(NOT_RUN)
            return
        child = await asyncio.create_subprocess_exec(
            "/bin/sh",
            self._plan.agent_script,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "REEL_AGENT_CONF": str(self._plan.agent_conf)},
        )
        try:
            await process.redirect(stdin=child.stdin, stdout=child.stdout)
            await _first_of(child, process)
            if child.returncode is not None:
                await process.stdout.drain()
                process.exit(child.returncode)
        finally:
            await _end(child)
            # asyncssh ends its redirections only for somebody who waits; a client that is gone keeps nobody.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHILD_LIMIT_S):
                    await process.wait_closed()


class SshServer:
    """A listening server; made by `serve_ssh`. `host` and `port` say where, `host_public` is its host key's line."""

    host = HOST

    def __init__(
        self, plan: SshServerPlan, acceptor: asyncssh.SSHAcceptor, agents: _Agents, guards: set[_Guard]
    ) -> None:
        self._acceptor = acceptor
        self._agents = agents
        self._guards = guards
        self.port: int = acceptor.get_port()
        self.host_public = plan.host_key.export_public_key("openssh").decode("ascii").strip()

    async def close(self, limit_s: float = 5.0) -> None:
        """Stop listening, end every connection and its agent; TimeoutError after `limit_s` seconds."""
        self._acceptor.close()
        for guard in tuple(self._guards):
            if guard.connection is not None:
                guard.connection.abort()
        async with asyncio.timeout(limit_s):
            await self._acceptor.wait_closed()
            if self._agents.running:
                await asyncio.wait(self._agents.running)


async def _first_of(child: asyncio.subprocess.Process, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Wait until the agent or its channel has ended."""
    ends = {asyncio.create_task(child.wait()), asyncio.create_task(process.channel.wait_closed())}
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()


async def _end(child: asyncio.subprocess.Process) -> None:
    """Let the agent end by the end of its input; one that hangs in a device is killed."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(CHILD_LIMIT_S):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def serve_ssh(plan: SshServerPlan) -> SshServer:
    """Listen on 127.0.0.1 and return the server.

    Raises:
        OSError: the port is taken.
        ValueError: `user_ca` is no public key line.
    """
    named = ",".join(sorted(set(plan.principals.values())))
    trusted = asyncssh.import_authorized_keys(f'cert-authority,principals="{named}" {plan.user_ca.strip()}\n')
    agents, guards = _Agents(plan), set[_Guard]()
    acceptor = await asyncssh.listen(
        HOST,
        plan.port,
        server_factory=lambda: _Guard(plan, guards),
        process_factory=agents.start,
        server_host_keys=[plan.host_key],
        authorized_client_keys=trusted,
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
        keepalive_interval=KEEPALIVE_S,
    )
    return SshServer(plan, acceptor, agents, guards)
