# SPDX-License-Identifier: Apache-2.0
"""What the runtime tells of itself once a second, beside the log: each hall's figures, and those of the whole."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import msgspec

from adapters.kernel.ear import DeviceEar
from hall_runtime.hall_parts import HallParts
from hall_runtime.tally import Tally
from statemachines.words import Role

_encode = msgspec.json.Encoder().encode
_COUNTS = ("live", "from_ring", "lost", "duplicates")


class LogState(Protocol):
    """What is asked of the log's writer."""

    @property
    def waiting(self) -> int: ...

    @property
    def lost(self) -> int: ...

    def oldest_ns(self) -> int | None: ...


class Figures:
    """The figures of one second: halls are taken one by one, then those of the whole are known too."""

    def __init__(self) -> None:
        self._heard = Counter(dict.fromkeys((*_COUNTS, "stale"), 0))
        self._halls: Counter[str] = Counter()
        self._sessions: dict[str, Counter[str]] = {str(role): Counter() for role in Role}
        self._waiting = self._fullest = self._coalesced = 0

    def of_hall(self, parts: HallParts) -> str:
        """Return a hall's figures as JSON.

        `round_trip_us` by role (null where nothing is open), `mailbox`: events that wait now, `coalesced`: telemetry
        that a newer one replaced, `heard` by role: event numbers by what became of them since the start.
        """
        mailbox = parts.keeper.mailbox
        waiting = len(mailbox)
        self._waiting += waiting
        self._fullest = max(self._fullest, waiting)
        self._coalesced += mailbox.coalesced
        self._halls[parts.keeper.hall.state] += 1
        for role, session in parts.keeper.sessions.items():
            self._sessions[role][session.state] += 1
        told = {
            "round_trip_us": parts.round_trips_us(),
            "mailbox": waiting,
            "coalesced": mailbox.coalesced,
            "heard": {role: self._counts(ear) for role, ear in parts.hearing.ears.items()},
        }
        return _encode(told).decode()

    def _counts(self, ear: DeviceEar) -> dict[str, int]:
        books = ear.totals
        counts: dict[str, int] = {name: getattr(books, name) for name in _COUNTS}
        self._heard.update(counts, stale=ear.stale)
        return counts

    def of_runtime(
        self,
        tally: Tally,
        log: LogState,
        *,
        now_ns: int,
        started_ns: int,
        overflows: int,
        refused: Mapping[str, int],
    ) -> str:
        """Return the runtime's own figures as JSON: those of its `Tally`, and what is so at this moment.

        `sessions` by role and state; `halls` by state; `heard`: event numbers by what became of them, with the
        kernel's `overflows`; `malformed`: messages that were no events, by reason; `log`: rows that wait for their
        commit, for how long the oldest has, rows that found no room; `mailboxes`: events that wait, in all and in
        the fullest one.
        """
        oldest_ns = log.oldest_ns()
        told = {
            **tally.figures(),
            "started_ns": started_ns,
            "halls": self._halls,
            "sessions": self._sessions,
            "heard": {**self._heard, "overflows": overflows},
            "malformed": refused,
            "log": {
                "waiting": log.waiting,
                "lag_ms": 0 if oldest_ns is None else max(now_ns - oldest_ns, 0) // 1_000_000,
                "lost": log.lost,
            },
            "mailboxes": {"waiting": self._waiting, "fullest": self._fullest, "coalesced": self._coalesced},
        }
        return _encode(told).decode()
