# SPDX-License-Identifier: Apache-2.0
"""The books of one device: what became of each event number."""

from dataclasses import dataclass


@dataclass(slots=True)
class Books:
    """Counts of one epoch, or of several added up.

    `live`, `from_ring`, `lost`: how many numbers were passed as heard, passed from a ring, given up.
    `before`: settled by an earlier run of the runtime. `duplicates`: live copies of numbers met before, dropped.
    """

    live: int = 0
    from_ring: int = 0
    lost: int = 0
    before: int = 0
    duplicates: int = 0

    @property
    def settled(self) -> int:
        """How many numbers have their place in the books: without an open gap the highest number of all."""
        return self.live + self.from_ring + self.lost + self.before

    def count(self, *, from_ring: bool) -> None:
        """One number is passed."""
        if from_ring:
            self.from_ring += 1
        else:
            self.live += 1

    def __add__(self, other: "Books") -> "Books":
        return Books(
            live=self.live + other.live,
            from_ring=self.from_ring + other.from_ring,
            lost=self.lost + other.lost,
            before=self.before + other.before,
            duplicates=self.duplicates + other.duplicates,
        )


class PassedSafety:
    """Which safety events of an epoch were passed, so that a late one passes once, never twice. Bounded."""

    LIMIT = 4096
    """Far above the 64 lines of a `safety_ring`, beyond which no late one can come any more."""

    def __init__(self, floor: int) -> None:
        self._floor = floor
        self._passed: set[int] = set()

    def add(self, seq: int) -> None:
        self._passed.add(seq)
        if len(self._passed) > self.LIMIT:
            self._floor = min(self._passed)
            self._passed.discard(self._floor)

    def __contains__(self, seq: int) -> bool:
        return seq <= self._floor or seq in self._passed
