# SPDX-License-Identifier: Apache-2.0
"""All of a site's sources of kernel events together: this machine's own, and the watch links to other servers.

Invariant: a source is believed only about the seats that it hears; what it says of any other is counted and dropped.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import structlog

from adapters.kernel.parse import Heard
from adapters.kernel.source import EventSource
from hall_runtime.hall_parts import HallParts
from hall_runtime.watch_source import WatchSource
from statemachines.words import Role

_say = structlog.get_logger("listening")

NOT_ITS_SEAT = "not its seat"
"""The reason under which an event is counted that a source has no business to tell."""

_Seats = frozenset[tuple[str, Role]]


Source_co = TypeVar("Source_co", bound=EventSource, covariant=True)


@dataclass(frozen=True, slots=True)
class Hears(Generic[Source_co]):
    """A source, and the seats (hall id, role) that it is believed about."""

    source: Source_co
    seats: _Seats


class Listening:
    """Starts and ends all sources, and hands what they tell to the halls' ears.

    `local` is what hears this machine, None where no seat is here; `links` are the watch links by server id.
    """

    def __init__(
        self, halls: Mapping[str, HallParts], local: Hears[EventSource] | None, links: Mapping[str, Hears[WatchSource]]
    ) -> None:
        self.overflows = 0
        self._halls, self._local, self._links = halls, local, links
        self._foreign: Counter[str] = Counter()
        self._starting: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Hear this machine before this returns; the links come up by themselves, as their servers answer."""
        if self._local is not None:
            await self._start(self._local)
        for server, hears in self._links.items():
            self._starting.add(asyncio.create_task(self._start(hears), name=f"first watch link to {server}"))

    async def close(self) -> None:
        """Stop hearing. Nothing is told any more."""
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, *(hears.source.close() for hears in self._all()), return_exceptions=True)

    @property
    def refused(self) -> Counter[str]:
        """How many messages were no events of ours, by reason, over all sources."""
        return sum((hears.source.refused for hears in self._all()), self._foreign.copy())

    def rotate(self, serial: int | None = None) -> None:
        """Give every watch link a new key; with a `serial` only the one that uses it."""
        for hears in self._links.values():
            if serial is None or hears.source.serial == serial:
                hears.source.rotate()

    def server_returned(self, server: str) -> None:
        """Somebody got through to a server that was away."""
        if server in self._links:
            self._links[server].source.server_returned()

    def _all(self) -> list[Hears[EventSource]]:
        return [*([self._local] if self._local is not None else []), *self._links.values()]

    async def _start(self, hears: Hears[EventSource]) -> None:
        seats = hears.seats
        await hears.source.start(
            partial(self._heard, seats),
            partial(self._overflowed, seats),
            partial(self._deaf, seats, ""),
            partial(self._deaf, seats),
        )

    def _heard(self, seats: _Seats, heard: Heard) -> None:
        if (heard.hall, heard.event.role) in seats:
            self._halls[heard.hall].hearing.heard(heard.event)
        else:
            self._foreign[NOT_ITS_SEAT] += 1

    def _overflowed(self, seats: _Seats) -> None:
        self.overflows += 1
        _say.warning("kernel_events_overflowed")
        for hall in {hall for hall, _role in seats}:
            self._halls[hall].hearing.look()

    def _deaf(self, seats: _Seats, reason: str) -> None:
        if reason:
            _say.warning("kernel_events_unheard", why=reason)
        for hall, role in seats:
            self._halls[hall].hearing.deaf(role, reason)
