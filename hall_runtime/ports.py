# SPDX-License-Identifier: Apache-2.0
"""What the runtime needs of the outside: small Protocols that adapters satisfy without knowing of them."""

from typing import Protocol

from adapters.ssh.answers import RingLine
from hall_runtime.session_ports import SessionView
from statemachines.effects import Effect
from statemachines.record import Record
from statemachines.session_value import ControlSession
from statemachines.snapshot import Snapshot


class Log(Protocol):
    """Where rows go. `append` numbers, chains and seals at once and never waits for a disk."""

    def append(self, draft: Record, *, value: bytes | None = None) -> Record: ...

    def heartbeat(self, hall: str, now_ns: int) -> None: ...


class Owner(Protocol):
    """Who owns the links of one control session and carries out what steps ask of it."""

    def execute(self, effect: Effect) -> None: ...

    async def read_snapshot(self, limit_s: float) -> Snapshot: ...

    async def read_ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]: ...

    def view(self, session: ControlSession, at_ns: int) -> SessionView: ...

    async def close(self, limit_s: float) -> None: ...
