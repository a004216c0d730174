# SPDX-License-Identifier: Apache-2.0
"""What a watch source needs of the outside: somebody who opens a link to its server."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from adapters.ssh.errors import LinkError

Take = Callable[[bytes], None]
"""Takes what a server's monitor writes, as it comes; called on the event loop."""


class WatchLink(Protocol):
    """An open watch link, as `adapters.ssh.watch` has it. `close` never raises and never hangs."""

    @property
    def closed(self) -> asyncio.Future[LinkError]: ...

    async def close(self, limit_s: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWatch:
    """A proven link whose monitor may not listen yet, and its certificate: `minted_ns` is of the monotonic clock."""

    link: WatchLink
    serial: int
    minted_ns: int
    life_ns: int


class WatchOpener(Protocol):
    """Mints a credential and connects, under the limit of simultaneous handshakes."""

    async def __call__(self, take: Take) -> OpenedWatch:
        """Open a link whose bytes go to `take`, the first perhaps before this returns.

        Raises:
            CredentialRefused, HostKeyRefused, Unreachable: see `adapters.ssh.errors`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchNews:
    """What became of a watch link, for log and people. `kind` is that of its row; `serial` is 0 while it is down."""

    kind: str
    words: str
    serial: int = 0
    refused: bool = False
