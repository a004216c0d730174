# SPDX-License-Identifier: Apache-2.0
"""Root's shell over the guest's second serial port: works without network and sshd (the other end: tty.sh)."""

import base64
import re
import socket
import time
from itertools import count

from tests.vm.qmp import MachineEnded


class CommandFailed(Exception):
    """A command in the guest ended with another status than 0; the text has what it said."""

    def __init__(self, command: str, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"in the guest, status {status}: {command}\n{said}")


class Tty:
    """One command at a time; what it says, it may say for as long as it likes within the limit."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._numbers = count(1)
        self._read = b""

    def wait_ready(self, limit_s: float) -> None:
        """Wait until a guest that boots is ready."""
        self._until("READY", limit_s)

    def run(self, command: str, limit_s: float = 30.0) -> str:
        """Return what a shell command says on both its outputs, without the last newline.

        Raises:
            CommandFailed: its status is not 0.
            MachineEnded: the guest ended meanwhile.
            TimeoutError: it was not done in time; nothing more can be asked then.
        """
        token = f"T{next(self._numbers)}"
        request = base64.b64encode(command.encode()).decode()
        try:
            self._channel.settimeout(limit_s)
            self._channel.sendall(f"{token} {request}\n".encode())
        except ConnectionError as gone:
            raise MachineEnded("the guest has ended") from gone
        said, status = self._until(token, limit_s)
        if status:
            raise CommandFailed(command, status, said)
        return said

    def _until(self, token: str, limit_s: float) -> tuple[str, int]:
        ends = time.monotonic() + limit_s
        mark = re.compile(rb"\n" + token.encode() + rb" (\d+)\n")
        while not (found := mark.search(self._read, max(0, len(self._read) - 70_000))):
            self._channel.settimeout(max(ends - time.monotonic(), 0.01))
            try:
                data = self._channel.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                raise MachineEnded("the guest has ended")
            self._read += data
        said, self._read = self._read[: found.start()], self._read[found.end() :]
        return said.decode(errors="replace").removesuffix("\n"), int(found[1])
