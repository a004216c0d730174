# SPDX-License-Identifier: Apache-2.0
"""What is there to be judged after faults: the log of a hall, the devices' own books, and how both stand now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from statemachines.hall import Hall
from statemachines.record import Record
from statemachines.snapshot import Snapshot
from statemachines.words import Role
from tests.support.multiplex import Multiplex


@dataclass(frozen=True)
class Act:
    """A command that a device let through: by which claim, its number, its words, its result. `ns` is the device's."""

    ns: int
    fence: int
    gen: int
    seq: int
    result: str
    words: str


@dataclass(frozen=True)
class Fact:
    """An event that a device's rings keep."""

    seq: int
    word: str


@dataclass(frozen=True, kw_only=True)
class DeviceBook:
    """What one device knows of its present epoch."""

    snapshot: Snapshot
    acts: Sequence[Act] = ()
    ring: Sequence[Fact] = ()
    safety_ring: Sequence[Fact] = ()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One hall's. `rows` are the whole log; `said` is what the runtime wrote for people.

    `stood_still_s`: for so long the controller was stopped in one go.
    """

    hall: Hall
    rows: Sequence[Record]
    books: dict[Role, DeviceBook]
    said: Sequence[dict[str, object]] = field(default_factory=list)
    stood_still_s: float = 0

    @property
    def mine(self) -> list[Record]:
        """Return the rows of the hall's stream."""
        return [row for row in self.rows if row.stream == self.hall.id]


def gathered(site: Multiplex, hall: str) -> Evidence:
    """Look at everything now."""
    from adapters.store.selectors import log_items  # Django's models need an open site

    return Evidence(
        hall=site.hall(hall),
        rows=[item for item in log_items() if isinstance(item, Record)],
        books={role: _book(site, hall, role) for role in Role},
        said=_said(site.directory / "runtime.log"),
    )


def _book(site: Multiplex, hall: str, role: Role) -> DeviceBook:
    tree = Path(site.booth.devices, f"{hall}-{role}")
    return DeviceBook(
        snapshot=site.device(hall, role),
        acts=acts(site, hall, role),
        ring=_facts(tree / "ring"),
        safety_ring=_facts(tree / "safety_ring"),
    )


def acts(site: Multiplex, hall: str, role: Role = Role.PROJECTION) -> list[Act]:
    """Return what a device acted on in its present epoch, oldest first."""
    lines = (line.split(" ", 5) for line in json.loads(site.hand(f"{hall} acts {role}"))["acts"])
    return [Act(int(ns), int(fence), int(gen), int(seq), result, words) for ns, fence, gen, seq, result, words in lines]


def _facts(ring: Path) -> list[Fact]:
    lines = (line.split() for line in ring.read_text(encoding="ascii").splitlines())
    return [Fact(int(seq), word) for seq, _ns, word, _frame, _val in lines]


def _said(log: Path) -> list[dict[str, object]]:
    """Return the runtime's own lines; what is no JSON (a traceback's tail) counts as said in plain words."""
    said: list[dict[str, object]] = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said.append(json.loads(line))
        except ValueError:
            said.append({"event": line})
    return said
