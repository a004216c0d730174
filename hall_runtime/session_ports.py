# SPDX-License-Identifier: Apache-2.0
"""What a session's owner needs of the outside: a link to an agent, and somebody who opens one."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from adapters.ssh.answers import RingLine, Welcome
from adapters.ssh.errors import LinkError
from statemachines.snapshot import Snapshot
from statemachines.words import Role


class AgentLink(Protocol):
    """One channel to one agent, as `adapters.ssh.link` has it. Limits are in s; all but `close` raise LinkErrors."""

    @property
    def closed(self) -> asyncio.Future[LinkError]: ...

    async def hello(  # noqa: PLR0917  # in the order of the line
        self, hall: str, role: str, fence: int, gen: int, controller: str, seq: int, limit_s: float
    ) -> Welcome: ...

    def command(self, fence: int, gen: int, seq: int, verb: str, arg: str = "") -> asyncio.Future[str]: ...

    async def ping(self, limit_s: float) -> int: ...

    async def snapshot(self, limit_s: float) -> Snapshot: ...

    async def ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]: ...

    async def bye(self, limit_s: float) -> None: ...

    async def close(self, limit_s: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A proven link that nobody has said hello on, and its certificate: `minted_ns` is of the monotonic clock."""

    link: AgentLink
    serial: int
    minted_ns: int
    life_ns: int


class LinkOpener(Protocol):
    """Mints a credential and connects, under the limit of simultaneous handshakes."""

    async def __call__(self, role: Role, gen: int) -> Opened:
        """Open a link for generation `gen`.

        Raises:
            CredentialRefused, HostKeyRefused, Unreachable: see `adapters.ssh.errors`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session for live display, never logged. Spans in ns, the round trip in µs; None where nothing is open."""

    role: Role
    state: str
    gen: int
    serial: int
    rtt_us: int | None
    key_age_ns: int | None
    rotates_in_ns: int | None
