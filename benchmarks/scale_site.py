# SPDX-License-Identifier: Apache-2.0
"""A site of many halls in processes of their own: devices, servers, and the runtime that is measured."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from adapters.ssh.authority import PASSPHRASE_VARIABLE, Authority, create_authority
from benchmarks.scale_devices import Devices
from benchmarks.scale_talk import Child

PASSPHRASE = "a measurement's own"  # noqa: S105  # it guards a key that lives as long as the measurement
REAL_HALLS = 4
"""Halls of each real server."""


class Site:
    """`with Site(directory, halls=1000, real=3) as site:` — the halls are h0, h1, …

    The first halls stand behind `real` servers of OpenSSH, a few each; the others are shared by `servers` light ones.
    """

    def __init__(self, directory: Path, *, halls: int, real: int, servers: int = 2, handshakes: int = 8) -> None:
        self.directory = directory
        self.halls = [f"h{number}" for number in range(halls)]
        self.real_halls = self.halls[: real * REAL_HALLS]
        light = self.halls[len(self.real_halls) :]
        self._share = [self.real_halls[first::real] for first in range(real)]
        self._share += [light[first::servers] for first in range(servers)]
        self._real = real
        self._handshakes = handshakes
        self._opened = ExitStack()
        self.devices: Child
        self.servers: list[Child] = []
        self.runtime: Child
        self.authority: Authority

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._opened.close)
            self._begin()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _begin(self) -> None:
        self.authority = create_authority(self.directory / "authority" / "ca", PASSPHRASE)
        file, user_ca = self.directory / "devices", self.directory / "user_ca.pub"
        Devices.make(file, len(self.halls))
        user_ca.write_text(self.authority.public_line, encoding="ascii")
        self.devices = self._child("benchmarks.scale_devices", file, self.directory / "events", ",".join(self.halls))
        fifos: tuple[str, ...] = ()
        for number, share in enumerate(self._share):
            if number < self._real:
                self.servers.append(self._child("benchmarks.scale_real", user_ca, file, ",".join(share), *fifos))
                fifos = (self.servers[0].greeting["fifos"],)
            else:
                self.servers.append(self._child("benchmarks.scale_agents", user_ca, file, ",".join(share)))

    def _child(self, module: str, *arguments: str | Path) -> Child:
        errors = self._opened.enter_context((self.directory / f"{module}.err").open("ab"))
        child = Child(module, *arguments, errors=errors, **{PASSPHRASE_VARIABLE: PASSPHRASE})
        self._opened.callback(child.end)
        return child

    def start(self) -> None:
        """Start the runtime and wait until every hall has read its hardware."""
        config = self.directory / "cinema.toml"
        config.write_text(self.toml(), encoding="utf-8")
        self.runtime = self._child("benchmarks.scale_runtime", config)
        self.until("every hall is recovered", lambda: self.asked("recovered") == len(self.halls))

    def asked(self, what: str) -> Any:
        """Return one of the counts that the runtime gives for `sessions`."""
        return self.runtime.ask("sessions")[what]

    def sessions(self, state: str) -> int:
        """Return how many sessions are in a state."""
        return int(self.runtime.ask("sessions")["sessions"].get(state, 0))

    def until(self, what: str, true: Callable[[], bool], limit_s: float = 300, look_s: float = 0.25) -> None:
        """Look until it is true; RuntimeError after the limit."""
        ends = time.monotonic() + limit_s
        while not true():
            if time.monotonic() > ends:
                raise RuntimeError(f"not within {limit_s} s: {what}: {self.runtime.ask('sessions')}")
            time.sleep(look_s)

    def toml(self) -> str:
        """Return the site's configuration."""
        first = self.servers[0].greeting
        parts = [
            f'[site]\nid = "scale"\nname = "Scale"\nstate = "{self.directory / "state"}"',
            f'[kernel]\nsource = "socket"\nsocket = "{self.directory / "events"}"',
            f'[ssh]\nauthority = "{self.directory / "authority" / "ca"}"\nhandshakes = {self._handshakes}',
            *(f'{key} = "{first[key]}"' for key in ("user", "agent") if key in first),
        ]
        for number, server in enumerate(self.servers):
            told = server.greeting
            parts.append(
                f'[[servers]]\nid = "s{number}"\nhost = "127.0.0.1"\nport = {told["port"]}\n'
                f'host_key = "{told["host_key"]}"'
            )
        for number, share in enumerate(self._share):
            parts += [
                f'[[halls]]\nid = "{hall}"\nname = "{hall}"\nprojection = "s{number}"\nsound = "s{number}"'
                for hall in share
            ]
        return "\n".join(parts) + "\n"

    def until_sessions(self, count: int, state: str) -> None:
        """Look until so many sessions are in a state."""
        self.until(f"{count} sessions are {state}", lambda: self.sessions(state) == count)


def cpu_percent(child: Child, for_s: float) -> float:
    """Return how much of a core a process uses, over that time."""
    began, used = time.monotonic(), child.cpu_s()
    time.sleep(for_s)
    return (child.cpu_s() - used) / (time.monotonic() - began) * 100
