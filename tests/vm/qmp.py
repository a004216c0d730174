# SPDX-License-Identifier: Apache-2.0
"""QEMU's control channel: one request, one answer; what it tells meanwhile is kept until somebody waits for it."""

import json
import socket
import time
from collections.abc import Mapping
from typing import Any


class MachineEnded(Exception):
    """The guest's machine ended while something was wanted of it; the text has its console."""


class Qmp:
    """Speaks QMP over one end of a pair of sockets; each request has a limit."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lines = channel.makefile("rb")
        self._events: list[dict[str, Any]] = []
        self._read(30.0)  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, arguments: Mapping[str, Any] | None = None, *, limit_s: float = 30.0) -> Any:
        """Carry out a command and return what it returns.

        Raises:
            MachineEnded: there is no machine any more.
            RuntimeError: QEMU refused.
        """
        request = {"execute": command, "arguments": dict(arguments or {})}
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError as gone:
            raise MachineEnded(f"{command}: QEMU has ended") from gone
        while True:
            answer = self._read(limit_s)
            if "event" in answer:
                self._events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def wait_for(self, event: str, limit_s: float, **data: Any) -> None:
        """Wait until QEMU has told of an event with this data, now or earlier."""
        ends = time.monotonic() + limit_s
        while not any(told["event"] == event and data.items() <= told.get("data", {}).items() for told in self._events):
            told = self._read(ends - time.monotonic())
            if "event" in told:
                self._events.append(told)
        self._events.clear()

    def close(self) -> None:
        """Close our end of the channel."""
        self._lines.close()

    def _read(self, limit_s: float) -> dict[str, Any]:
        self._channel.settimeout(max(limit_s, 0.01))
        try:
            line = self._lines.readline()
        except ConnectionError:
            line = b""
        if not line:
            raise MachineEnded("QEMU has ended")
        told: dict[str, Any] = json.loads(line)
        return told
