# SPDX-License-Identifier: Apache-2.0
"""Shows, found in the rows that changed a hall's state. Pure.

A show begins when a hall begins to project, and is not over through pauses, changes of reels and faults: it is when
the hall is idle, or when it projects again after it has rewound.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from statemachines.history import state_in
from statemachines.record import Record
from statemachines.table import edge_named
from statemachines.words import State


@dataclass
class Span:
    """One show. `changes` are the rows after `begun` that are part of it; `closed` the first that is not, if any.

    `lead` are the rows that led to it, from the last time that the hall was idle.
    """

    lead: tuple[Record, ...]
    begun: Record
    changes: list[Record] = field(default_factory=list)
    closed: Record | None = None
    rewound: bool = False

    @property
    def planned(self) -> str:
        """The id of the planned show that began with it, empty for none."""
        noted = (effect for effect in self.begun.effects if effect["do"] == "note_show")
        return next((effect["show"] for effect in noted if effect["stage"] == "began"), "")

    @property
    def over(self) -> bool:
        """The picture is over, or the film is out."""
        return self.rewound or self.closed is not None

    @property
    def rows(self) -> list[Record]:
        """All its changes of state, the one that ended it too, but not the beginning of another show."""
        ends = [self.closed] if self.closed is not None and after(self.closed) is State.IDLE else []
        return [self.begun, *self.changes, *ends]

    @property
    def picture_left(self) -> Record | None:
        """The row that ended the picture for good; None while it goes on or may go on."""
        left = [row for row in self.rows if before(row) is State.PROJECTING]
        return left[-1] if self.over and left else None


def before(row: Record) -> State:
    """Return the state that a row found."""
    return State(state_in(row.before))


def after(row: Record) -> State:
    """Return the state that a row left behind."""
    return State(state_in(row.after))


def trigger(row: Record) -> str:
    """Return what made the hall change its state."""
    return edge_named(row.edge).trigger


def spans(changes: Iterable[Record]) -> list[Span]:
    """Return the shows in these changes of state, which are in order; one whose beginning is not there is left out."""
    found: list[Span] = []
    running: Span | None = None
    lead: list[Record] = []
    for row in changes:
        state = after(row)
        if running is not None and state is State.PROJECTING and running.rewound:
            running.closed, running = row, None
        if running is None:
            if state is State.PROJECTING:
                running = Span(lead=tuple(lead), begun=row)
                found.append(running)
        elif state is State.IDLE:
            running.closed, running = row, None
        else:
            running.changes.append(row)
            running.rewound = running.rewound or state is State.REWINDING
        lead = [] if state is State.IDLE else [*lead, row]
    return found


def starts_clean(row: Record) -> bool:
    """Say whether no show can be running before this row: whoever reads from here on misses no beginning."""
    return before(row) is State.IDLE
