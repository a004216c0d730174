# SPDX-License-Identifier: Apache-2.0
"""A real OpenSSH server on loopback, for tests that must not believe an imitation.

    with RealSshd(ca_public=ca_line, principals=["alpha-projection"]) as sshd:
        asyncssh.connect(sshd.host, sshd.port, username=sshd.account, known_hosts=([sshd.host_public], [], []), …)

A certificate's force-command is `sshd.force_command("alpha", "projection")`. As root it serves the plain account
`reeltest`, otherwise the account that runs the tests. Everything lives in a directory of its own under /tmp,
because that account cannot look into pytest's private ones; put device trees below `sshd.devices`.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from tests.support.ports import free_port

AGENT = Path(__file__).parents[2] / "adapters" / "ssh" / "agent"
ACCOUNT = "reeltest"
READY = "Server listening on"
LIMIT_S = 10.0

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/host_key
{host_certificate}
PidFile {root}/sshd.pid
LogLevel VERBOSE
UsePAM no
UseDNS no
StrictModes no
LoginGraceTime 10
MaxStartups 200
MaxSessions 20
PermitUserEnvironment no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
AuthorizedPrincipalsFile {root}/principals
TrustedUserCAKeys {root}/user_ca.pub
RevokedKeys {root}/revoked.krl
AllowUsers {account}
Subsystem sftp internal-sftp
"""
# Forwarding, pty and sftp stay allowed on purpose: what refuses them must be the certificate.

# sshd leaves a program alone whose connection has ended. A real device's attribute answers it, so that it ends; one
# that waits at the FIFO of a simulated device would tear the lines of each later agent.
_WRAPPER = """\
#!/bin/sh
REEL_AGENT_CONF={root}/agent.conf
export REEL_AGENT_CONF
read -r _ _ _ session _ </proc/$PPID/stat
(while read -r _ _ _ parent _ </proc/$PPID/stat && [ "$parent" = "$session" ]; do sleep 0.3; done
    kill $$) <&- >&- 2>&- &
exec {shell} {root}/reel-agent "$@"
"""


def find_sshd() -> str | None:
    """Return the path of this machine's OpenSSH server, or None."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _account() -> str:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    # A password of "*" is no password; useradd's own "!" would make the account locked for sshd.
    made = subprocess.run(
        ["useradd", "-r", "-M", "-d", "/", "-s", "/bin/dash", "-p", "*", ACCOUNT],
        capture_output=True,
        check=False,
    )
    if made.returncode not in (0, 9):  # 9: the name is there already
        raise RuntimeError(f"useradd {ACCOUNT}: {made.stderr.decode()}")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    return ACCOUNT


def processes(*, field: int, wanted: set[int]) -> set[int]:
    """Return the processes whose stat field (1: parent, 3: session) is one of these."""
    found = set()
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            if int(stat_file.read_text().rpartition(")")[2].split()[field]) in wanted:
                found.add(int(stat_file.parent.name))
    return found


def _kill(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class RealSshd:
    """One sshd that trusts one user CA. `ca_public` and `host_public` are OpenSSH public key lines."""

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        ca_public: str,
        principals: Sequence[str],
        agent_conf: str | None = None,
        host_ca: asyncssh.SSHKey | None = None,
        agent_shell: str = "/bin/sh",
        extra_config: str = "",
    ) -> None:
        """Prepare the files; `agent_conf` replaces the agent's configuration, by default `devices = self.devices`.

        With `host_ca` the server also shows a host certificate for 127.0.0.1, signed by it.
        """
        self.account = _account()
        self.root = Path(tempfile.mkdtemp(prefix="reel-sshd-"))
        self.root.chmod(0o755)
        self.devices = self.root / "devices"
        self.devices.mkdir(mode=0o755)
        self.port = free_port()
        self.wrapper = self.root / "wrapper"
        self._process: subprocess.Popen[bytes] | None = None
        self._log: list[str] = []
        self._news = threading.Condition()
        self._reader: threading.Thread | None = None
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_public = host_key.export_public_key().decode().strip()
        self._write("host_key", host_key.export_private_key().decode(), 0o600)
        self._write("user_ca.pub", ca_public.strip() + "\n")
        self._write("principals", "".join(f"{name}\n" for name in principals))
        self._write("agent.conf", agent_conf if agent_conf is not None else f"devices = {self.devices}\n")
        for script in AGENT.glob("reel-*"):
            self._write(script.name, script.read_text(), 0o755)
        self._write("wrapper", _WRAPPER.format(root=self.root, shell=agent_shell), 0o755)
        host_certificate = ""
        if host_ca is not None:
            signed = host_ca.generate_host_certificate(host_key, "host", principals=[self.host])
            self._write("host_key-cert.pub", signed.export_certificate().decode())
            host_certificate = f"HostCertificate {self.root}/host_key-cert.pub"
        config = _CONFIG.format(port=self.port, root=self.root, account=self.account, host_certificate=host_certificate)
        self._write("sshd_config", config + extra_config)
        self.revoke([])

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.stop)
            self.start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def force_command(self, hall: str, role: str) -> str:
        """Return what a control certificate for this server carries as its force-command."""
        return f"{self.wrapper} {hall} {role}"

    def grant(self, tree: Path) -> None:
        """Give a directory tree to the account that the agent runs as."""
        if os.geteuid() != 0:
            return
        for path in (tree, *tree.rglob("*")):
            shutil.chown(path, self.account)
            path.chmod(path.stat().st_mode | stat.S_IRUSR | stat.S_IWUSR)

    def revoke(self, serials: Sequence[int]) -> None:
        """Replace the list of revoked certificate serials; sshd reads it at the next login."""
        spec, new = self.root / "revoked.spec", self.root / "revoked.new"
        spec.write_text("".join(f"serial: {serial}\n" for serial in serials))
        subprocess.run(
            ["ssh-keygen", "-q", "-k", "-f", new, "-s", self.root / "user_ca.pub", spec],
            check=True,
            capture_output=True,
        )
        new.chmod(0o644)
        new.rename(self.root / "revoked.krl")

    def log_text(self) -> str:
        """Return all that sshd has logged so far."""
        with self._news:
            return "".join(self._log)

    def wait_for_log(self, words: str, limit_s: float = LIMIT_S) -> str:
        """Wait until sshd's log contains `words` and return the log; AssertionError after `limit_s`."""
        with self._news:
            found = self._news.wait_for(lambda: any(words in line for line in self._log), limit_s)
            text = "".join(self._log)
        assert found, f"sshd did not log {words!r}:\n{text}"
        return text

    def restart(self) -> None:
        """End the server with all its sessions and start it again on the same port."""
        self.end()
        self.start()

    def stop(self) -> None:
        """End the server with all its sessions and remove its files."""
        self.end()
        shutil.rmtree(self.root, ignore_errors=True)

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.root / name
        path.write_text(text)
        path.chmod(mode)

    def start(self) -> None:
        """Start the server, where it was before."""
        sshd = find_sshd()
        if sshd is None:
            raise RuntimeError("no sshd on this machine: apt-get install openssh-server")
        with self._news:
            self._log.clear()
        self._process = subprocess.Popen(
            [sshd, "-D", "-e", "-f", self.root / "sshd_config"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()
        self.wait_for_log(READY)

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                with self._news:
                    self._log.append(line.decode(errors="replace"))
                    self._news.notify_all()

    def end(self) -> None:
        """End the server with all its sessions; its files stay, and it can be started again."""
        process, self._process = self._process, None
        if process is None:
            return
        # Each connection is a session of its own: its leader is the listener's child, and forks a helper that
        # lives on without it.
        connections = processes(field=1, wanted={process.pid})
        process.terminate()
        process.wait(LIMIT_S)
        _kill(connections)
        _kill(processes(field=3, wanted=connections))
        assert self._reader is not None
        self._reader.join(LIMIT_S)
