# SPDX-License-Identifier: Apache-2.0
"""Waypoints: a hall's whole value every ten minutes of its log, so that a past instant is folded from nearby."""

from collections.abc import Mapping

from adapters.store.backlog import Waiting

SPACING_NS = 600_000_000_000

INSERT = (
    "INSERT INTO waypoint (hall, log_seq, at_ns, value) VALUES (%s, %s, %s, %s) ON CONFLICT (hall, log_seq) DO NOTHING"
)

Row = tuple[str, int, int, str]
"""What INSERT takes: hall, log_seq, at_ns, the hall's canonical value after that row."""


class Waypoints:
    """Knows which halls are due. A start is always due: it is where people look first."""

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}

    def due(self, newest: Mapping[str, Waiting]) -> list[Row]:
        """Return the rows to write beside this commit, given its newest row with a value of each hall."""
        return [
            (hall, waiting.record.log_seq, waiting.record.at_ns, waiting.value.decode())
            for hall, waiting in newest.items()
            if waiting.value is not None and self._is_due(hall, waiting.record.at_ns)
        ]

    def made(self, rows: list[Row]) -> None:
        """Those rows are durable."""
        self._newest |= {hall: at_ns for hall, _, at_ns, _ in rows}

    def _is_due(self, hall: str, at_ns: int) -> bool:
        newest = self._newest.get(hall)
        return newest is None or at_ns - newest >= SPACING_NS
