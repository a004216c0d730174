# SPDX-License-Identifier: Apache-2.0
"""One link in an owner's hands: heard as long as it answers pings, left with a good-bye."""

import asyncio
from contextlib import suppress

from adapters.ssh.errors import AnswerOverdue, DeviceSilent, LinkError
from hall_runtime.session_ports import Opened

PING_S = 1.5
"""From a pong to the next ping."""
PONG_LIMIT_S = 1.0
PINGS_LOST = 3
"""With the two above: a server that fell silent is found after 3 to 4.5 s, whenever its last pong came."""
BYE_LIMIT_S = 2.0
CLOSE_LIMIT_S = 3.0
"""With BYE_LIMIT_S: an old link is closed at most 5 s after a switch."""


class Line:
    """A link, its certificate, and how it is doing. `name` is the generation that it was opened for."""

    def __init__(self, name: int, opened: Opened) -> None:
        self.name = name
        self.link = opened.link
        self.serial = opened.serial
        self.minted_ns = opened.minted_ns
        self.life_ns = opened.life_ns
        self.rtt_us: int | None = None
        self.lease_ended = False
        """Whether the device had run on without a controller when this link came to it."""
        self.tasks: set[asyncio.Task[None]] = set()

    async def look(self, limit_s: float) -> None:
        """See how the device was left, before a hello claims it anew; of a device that is gone, that will tell.

        Raises:
            LinkError: the agent does not answer.
        """
        with suppress(DeviceSilent):
            found = await self.link.snapshot(limit_s)
            self.lease_ended = found.fence > 0 and not found.lease_fed

    async def mute(self) -> LinkError:
        """Ping until three in a row go unanswered, or the link ends, and return why."""
        lost = 0
        while True:
            try:
                self.rtt_us = await self.link.ping(PONG_LIMIT_S)
            except AnswerOverdue as overdue:
                lost += 1
                if lost >= PINGS_LOST:
                    return overdue
            except LinkError as ended:
                return ended
            else:
                lost = 0
                await asyncio.sleep(PING_S)

    def ignore(self) -> None:
        """Watch it no longer; whoever calls may be one of the watchers."""
        for task in self.tasks - {asyncio.current_task()}:
            task.cancel()

    async def leave(self) -> None:
        """Take leave and close; whatever the other side does, within 5 s."""
        with suppress(LinkError):
            await self.link.bye(BYE_LIMIT_S)
        await self.link.close(CLOSE_LIMIT_S)
