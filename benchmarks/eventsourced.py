# SPDX-License-Identifier: Apache-2.0
"""A hall's events as an aggregate of the `eventsourcing` library keeps them, as its own documentation shows it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from statemachines.record import Record

_GROUP = 256


class HallAggregate(Aggregate):
    """Takes over what each event says; it decides nothing and verifies nothing."""

    def __init__(self, hall: str) -> None:
        self.hall = hall
        self.state = "idle"
        self.at_ns = 0
        self.last: dict[str, Any] = {}

    @event("Told")
    def tell(self, kind: str, payload: dict[str, Any], after: str, at_ns: int, effects: list[Any]) -> None:
        self.state = after.partition(":")[0]
        self.at_ns = at_ns
        self.last = {"kind": kind, "payload": payload, "effects": effects}


def stored(told: Sequence[Record], database: Path) -> Callable[[], int]:
    """Save the rows' events in the library's SQLite store; return what reads them back and counts them."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(database)}
    application: Application[Any] = Application(env=environment)
    hall = HallAggregate("h1")
    for first in range(0, len(told), _GROUP):
        for row in told[first : first + _GROUP]:
            hall.tell(row.kind, row.payload, row.after, row.at_ns, list(row.effects))
        application.save(hall)
    key = hall.id

    def party() -> int:
        read: HallAggregate = application.repository.get(key)
        return read.version - 1

    return party
