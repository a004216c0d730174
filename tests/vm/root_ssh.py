# SPDX-License-Identifier: Apache-2.0
"""Root's commands in the guest over its real sshd: one handshake (0.8 s) for a guest, then each command is quick."""

import subprocess
from pathlib import Path

from tests.vm.qmp import MachineEnded
from tests.vm.tty import CommandFailed

_CONNECT_LIMIT_S = 20.0


class RootSsh:
    """An OpenSSH master connection, opened at the first command."""

    def __init__(self, *, port: int, key: Path, host_key: str, directory: Path) -> None:
        known = directory / "known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {host_key}\n")
        self._words = ["ssh", "-F", "none", "-i", str(key), "-p", str(port), "-S", str(directory / "ssh")]
        for option in (
            f"UserKnownHostsFile={known}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            "KexAlgorithms=curve25519-sha256",
        ):
            self._words += ["-o", option]
        self._master: subprocess.Popen[bytes] | None = None

    def run(self, command: str, *, stdin: bytes = b"", limit_s: float = 60.0) -> str:
        """Return what a shell command says on both its outputs, without the last newline.

        Raises:
            CommandFailed: its status is not 0.
            MachineEnded: there is no connection, or it went away.
        """
        done = subprocess.run(
            self.words(command),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
        )
        said = done.stdout.decode(errors="replace").removesuffix("\n")
        if done.returncode == 255:
            raise MachineEnded(f"ssh {command}: {said}")
        if done.returncode:
            raise CommandFailed(command, done.returncode, said)
        return said

    def words(self, command: str) -> list[str]:
        """Return a command line of this host that runs the command in the guest."""
        self._connect()
        return [*self._words, "root@127.0.0.1", command]

    def close(self) -> None:
        master, self._master = self._master, None
        if master is not None:
            master.kill()
            master.communicate()

    def _connect(self) -> None:
        if self._master is not None and self._master.poll() is None:
            return
        self.close()
        up = ("-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo up")  # said once we are in
        limit = ("-o", f"ConnectTimeout={_CONNECT_LIMIT_S:.0f}")
        self._master = subprocess.Popen(
            [*self._words, "-M", "-N", *up, *limit, "root@127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for whoever runs us
        )
        assert self._master.stdout is not None
        said = self._master.stdout.readline()
        if said != b"up\n":
            said += self._master.stdout.read()
            raise MachineEnded(f"no root session: {said.decode(errors='replace')}")
