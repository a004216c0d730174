# SPDX-License-Identifier: Apache-2.0
"""What the demonstration counts while it runs: rows as they come, nothing that a page could not count as well."""

from collections import Counter
from dataclasses import dataclass, field

from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role, State

_WHOLE = {State.THREADING, State.PROJECTING, State.REWINDING}


@dataclass
class HallTally:
    """One hall's figures. A whole show is idle → threading → projecting → rewinding → idle."""

    shows: int = 0
    faults: int = 0
    resets: int = 0
    sent: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    rotations: Counter[Role] = field(default_factory=Counter)
    visited: set[str] = field(default_factory=set)

    def count(self, row: Record) -> None:
        """Take in a row of the hall's stream."""
        if row.subject != HALL:
            self.rotations[Role(row.subject.partition(":")[2])] += row.edge.endswith(":link_rotated")
            return
        self.sent += sum(effect["do"] == "command" for effect in row.effects)
        if row.kind == "command_done":
            self.answered[str(row.payload["result"])] += 1
        if row.verdict == "transition":
            self._moved(State(row.after.partition(":")[0]))

    def _moved(self, state: State) -> None:
        self.resets += State.FAULT in self.visited and state is not State.FAULT and self.faulted
        self.faults += state is State.FAULT
        self.faulted = state is State.FAULT
        if state is State.IDLE:
            self.shows += self.visited >= _WHOLE
            self.visited = set()
        elif state is State.FAULT:
            self.visited = {State.FAULT}
        else:
            self.visited.add(state)

    faulted: bool = False

    @property
    def unanswered(self) -> int:
        """Commands that were sent and not answered yet."""
        return self.sent - sum(self.answered.values())
