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
from typing_extensions import override

AGENT_PATH = "/usr/local/lib/reel/reel-agent"
"""Where a server keeps its agent; the only command that a certificate can name here."""

LOGIN_LIMIT_S = 10.0
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

    def __init__(self, plan: SshServerPlan) -> None:
        self._plan = plan
        self._principals: frozenset[str] = frozenset()

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        # asyncssh shows a server the certificate's CA only, and revocation needs its serial.
        validate = conn._validate_openssh_certificate

        async def validate_unrevoked(
            user: str, certificate: asyncssh.SSHOpenSSHCertificate
        ) -> asyncssh.SSHKey | None:
            self._principals = frozenset(certificate.principals)
            if _is_revoked(self._plan.revoked_serials, certificate._serial):
                return None
            return await validate(user, certificate)

        conn._validate_openssh_certificate = validate_unrevoked  # type: ignore[method-assign]
        conn.set_extra_info(guard=self)

    @override
    def password_auth_supported(self) -> bool:
        return False

    @override
    def kbdint_auth_supported(self) -> bool:
        return False

    def agent_arguments(self, command: str | None) -> list[str] | None:
        """Return the agent's arguments when `command` is one that these principals may run."""
        try:
            path, hall, role = shlex.split(command or "")
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


class SshServer:
    """A listening server; made by `serve_ssh`."""

    host = "127.0.0.1"

    def __init__(self, plan: SshServerPlan) -> None:
        self._plan = plan
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._acceptor is not None
        return int(self._acceptor.get_port())

    @property
    def host_public(self) -> str:
        """The server's host key as an OpenSSH public key line."""
        return self._plan.host_key.export_public_key("openssh").decode("ascii").strip()

    async def _listen(self) -> None:
        named = ",".join(sorted(set(self._plan.principals.values())))
        trusted = f'cert-authority,principals="{named}" {self._plan.user_ca.strip()}\n'
        self._acceptor = await asyncssh.listen(
            self.host,
            self._plan.port,
            server_factory=lambda: _Guard(self._plan),
            acceptor=self._connections.add,
            process_factory=self._serve_process,
            server_host_keys=[self._plan.host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(trusted),
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
            keepalive_interval=15,
        )

    async def _serve_process(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._run_agent(process)
        finally:
            self._running.discard(task)

    async def _run_agent(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        connection = process.channel.get_connection()
        guard: _Guard = connection.get_extra_info("guard")
        # Without a force-command the client has chosen its command itself: then nothing runs.
        forced = connection.get_certificate_option("force-command")
        arguments = guard.agent_arguments(str(forced) if forced else None)
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

    async def close(self, limit_s: float = 5.0) -> None:
        """Stop listening, end every connection and its agent; TimeoutError after `limit_s` seconds."""
        if self._acceptor is None:
            return
        self._acceptor.close()
        for connection in self._connections:
            connection.abort()
        async with asyncio.timeout(limit_s):
            await self._acceptor.wait_closed()
            if self._running:
                await asyncio.wait(self._running)


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
    server = SshServer(plan)
    await server._listen()
    return server
