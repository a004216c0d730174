# SPDX-License-Identifier: Apache-2.0
"""What is said on the stream, spelled once for all who listen.

Everything is cut into parts, one for each row or hall, so that whoever looks at one hall gets only its parts and
nobody's are encoded twice. The shapes are those of `web.stream.shapes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

RETRY = b"retry: 2000\n\n"
"""How many ms an EventSource waits before it comes again."""
STILL_HERE = b":\n\n"
"""Says nothing, but keeps a connection open while there is nothing true to be said."""


class Part(NamedTuple):
    """The JSON of what belongs to one hall."""

    hall: str
    json: bytes


def event(name: str, data: bytes, pos: int) -> bytes:
    """Return an event as the stream carries it; `data` is JSON in one line."""
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (pos, name.encode(), data)


def bye(reason: str, resume: int) -> bytes:
    """Return the last event of a connection."""
    return event("bye", msgspec.json.encode({"reason": reason, "resume": resume}), resume)


@dataclass(frozen=True)
class Batch:
    """Rows in the order of the log, and the halls that they changed, as of now. `last` is the newest row read."""

    last: int
    events: tuple[Part, ...]
    halls: tuple[Part, ...]
    recorded_ns: int
    """When its oldest row was stored."""
    full: bool
    """More rows may be there."""
    _spelled: dict[str, bytes | None] = field(default_factory=dict)

    def spelled(self, hall: str) -> bytes | None:
        """Return the event for who looks at this hall (empty: at all); None where it has nothing for them."""
        if hall not in self._spelled:
            events = _joined(self.events, hall)
            self._spelled[hall] = (
                event("rows", b'{"events":[%b],"halls":[%b]}' % (events, _joined(self.halls, hall)), self.last)
                if events
                else None
            )
        return self._spelled[hall]


@dataclass(frozen=True)
class Picture:
    """The site and all its halls at one moment; what rows after `pos` lead to may be in it already, or not yet."""

    pos: int
    site: bytes
    halls: tuple[Part, ...]

    def spelled(self, hall: str, pos: int, *, gap: bool) -> bytes:
        """Return the event that greets: rows after `pos` follow it."""
        data = b'{"site":%b,"halls":[%b],"gap":%b}'
        return event("hello", data % (self.site, _joined(self.halls, hall), b"true" if gap else b"false"), pos)


@dataclass(frozen=True)
class Beat:
    """That everything still lives, or does not."""

    site: bytes
    halls: tuple[Part, ...]

    _spelled: dict[tuple[str, int], bytes] = field(default_factory=dict)

    def spelled(self, hall: str, pos: int) -> bytes:
        """Return the event for who has every row up to `pos`."""
        if (hall, pos) not in self._spelled:
            named = (b"%b:%b" % (msgspec.json.encode(part.hall), part.json) for part in _of(self.halls, hall))
            self._spelled[hall, pos] = event("beat", b'{"site":%b,"halls":{%b}}' % (self.site, b",".join(named)), pos)
        return self._spelled[hall, pos]


def _of(parts: Iterable[Part], hall: str) -> Iterable[Part]:
    return parts if not hall else (part for part in parts if part.hall == hall)


def _joined(parts: Iterable[Part], hall: str) -> bytes:
    return b",".join(part.json for part in _of(parts, hall))
