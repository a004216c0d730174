# SPDX-License-Identifier: Apache-2.0
"""Servers asked a few at a time: no more handshakes at once than the site allows itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from adapters.ssh.handshakes import HandshakeGate
from hall_runtime.config import SiteConfig

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


async def in_turns(
    config: SiteConfig, asked: Iterable[Asked], ask: Callable[[Asked], Awaitable[Answer]]
) -> list[Answer]:
    """Ask each of them, and return what they answer, in their order."""
    gate = HandshakeGate(config.ssh.handshakes)

    async def admitted(each: Asked) -> Answer:
        async with gate.admitted(priority=0):
            return await ask(each)

    return list(await asyncio.gather(*map(admitted, asked)))
