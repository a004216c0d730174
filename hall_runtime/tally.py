# SPDX-License-Identifier: Apache-2.0
"""What the runtime counts of its steps. Counted when a step's line is said, off the way of the next event."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from statemachines.history import HALL, state_in
from statemachines.record import Record
from statemachines.words import Verdict

STEP_BOUNDS_US = (50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 20_000, 100_000, 1_000_000)
"""Upper ends of the buckets for how long a step took; one more bucket holds what took longer."""

_HANDSHAKES = {
    "link_opened": "ok",
    "link_rotated": "ok",
    "link_failed": "failed",
    "rotation_failed": "failed",
    "hello_refused": "refused",
    "credential_refused": "refused",
    "host_key_refused": "refused",
}


@dataclass(slots=True)
class Tally:
    """Counts since this runtime started, over all halls.

    `events` by kind; `transitions` by (machine, edge), machine `hall` or `session`; `refusals` by the hall's state.
    """

    events: Counter[str] = field(default_factory=Counter)
    transitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    step_us: list[int] = field(default_factory=lambda: [0] * (len(STEP_BOUNDS_US) + 1))
    step_us_sum: int = 0

    def count(self, row: Record, took_us: int) -> None:
        """Take a step's row, and how long the step took."""
        self.events[row.kind] += 1
        self.step_us[bisect_left(STEP_BOUNDS_US, took_us)] += 1
        self.step_us_sum += took_us
        if row.verdict == Verdict.TRANSITION:
            machine = HALL if row.subject == HALL else "session"
            self.transitions[machine, row.edge] += 1
        elif row.verdict == Verdict.REFUSAL and row.subject == HALL:
            self.refusals[state_in(row.before)] += 1

    def figures(self) -> dict[str, Any]:
        """Return it as plain data; `handshakes` by outcome and `rotations` are read from the events."""
        handshakes: Counter[str] = Counter(ok=0, failed=0, refused=0)
        for kind, outcome in _HANDSHAKES.items():
            handshakes[outcome] += self.events[kind]
        by_machine: dict[str, dict[str, int]] = {HALL: {}, "session": {}}
        for (machine, edge), count in self.transitions.items():
            by_machine[machine][edge] = count
        return {
            "events": dict(self.events),
            "transitions": by_machine,
            "refusals": dict(self.refusals),
            "rotations": self.events["link_rotated"],
            "handshakes": dict(handshakes),
            "step_us": {"bounds": STEP_BOUNDS_US, "counts": self.step_us, "sum": self.step_us_sum},
        }
