# SPDX-License-Identifier: Apache-2.0
"""How often a hall's machine took which way, and how long it stayed where. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from statemachines.table import edge_named
from web.api.shapes.graph import Dwell
from web.sight.speech import ms


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state: which edge fired, and when."""

    at_ns: int
    edge: str


@dataclass(frozen=True)
class Tallied:
    """What a stretch of changes comes to. `entered` by state; `moves` and `last_ns` by (source, dest)."""

    entered: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    last_ns: dict[tuple[str, str], int] = field(default_factory=dict)
    stays_ns: dict[str, list[int]] = field(default_factory=dict)

    def dwell(self, state: str) -> Dwell | None:
        """Return how long the state lasted; None when it was never both entered and left."""
        stays = self.stays_ns.get(state)
        if not stays:
            return None
        return Dwell(
            p50_ms=ms(percentile(stays, 50)), p90_ms=ms(percentile(stays, 90)), p99_ms=ms(percentile(stays, 99))
        )


def tallied(changes: Iterable[Change]) -> Tallied:
    """Count changes that follow one another."""
    found = Tallied()
    entered_ns: dict[str, int] = {}
    for change in changes:
        source, dest, _trigger = edge_named(change.edge)
        if source in entered_ns:
            found.stays_ns.setdefault(source, []).append(change.at_ns - entered_ns.pop(source))
        entered_ns[dest] = change.at_ns
        found.entered[dest] += 1
        found.moves[source, dest] += 1
        found.last_ns[source, dest] = change.at_ns
    for stays in found.stays_ns.values():
        stays.sort()
    return found


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile of values in rising order; there is at least one."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]
