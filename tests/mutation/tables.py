# SPDX-License-Identifier: Apache-2.0
"""Mutants of what mutmut cannot reach: rows of tables that are built while modules are imported.

A row is left out, or one guard or one action of it. Nothing is written: each mutant is a change to the table in a
process forked for it, which then runs the tests that tell the tables' rows, and the others that mutmut runs only if
none of these notices.
"""

import os
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from statemachines import absorb, watches
from statemachines.events import Event
from statemachines.hall_table import HALL_TABLE
from statemachines.session import SESSION_TABLE
from statemachines.table import Edge, Table
from tests.mutation.selection import PLUGINS, TESTS


@dataclass(frozen=True)
class Cut:
    """One thing left out of a table: what it is called, and how it is done in this process."""

    table: str
    name: str
    make: Callable[[], None]


def _without(things: tuple[Any, ...], at: int) -> tuple[Any, ...]:
    return things[:at] + things[at + 1 :]


def _edge_cuts(title: str, table: Table[Any]) -> Iterator[Cut]:
    # A set-up anew in place: everybody who imported the table has the changed one.
    def put(at: int, *instead: Edge[Any]) -> Callable[[], None]:
        edges = (*table.edges[:at], *instead, *table.edges[at + 1 :])
        return lambda: Table.__init__(table, table.states, edges)

    for at, edge in enumerate(table.edges):
        yield Cut(title, f"{edge.name} (row {at})", put(at))
        row = f"{edge.name} (row {at})"
        for place, guard in enumerate(edge.guards):
            less = replace(edge, guards=_without(edge.guards, place))
            yield Cut(title, f"{row} without {guard.__name__}", put(at, less))
        for place, action in enumerate(edge.actions):
            less = replace(edge, actions=_without(edge.actions, place))
            yield Cut(title, f"{row} without {action.__name__}", put(at, less))


def _watch_cuts() -> Iterator[Cut]:
    def leave_out(at: int) -> Callable[[], None]:
        def make() -> None:
            watches.WATCHES = _without(watches.WATCHES, at)
            watches._RAISING = tuple(each for each in watches.WATCHES if not each.only_ends)

        return make

    def wait_on(name: str) -> Callable[[], None]:
        def make() -> None:
            del watches._AWAITED[name]

        return make

    for at, each in enumerate(watches.WATCHES):
        yield Cut("watches", each.name, leave_out(at))
    for name in watches._AWAITED:
        yield Cut("watches", f"the end of waiting for {name}", wait_on(name))


def _absorb_cuts() -> Iterator[Cut]:
    def leave_out(kind: type[Event]) -> Callable[[], None]:
        def make() -> None:
            del absorb._ABSORB[kind]

        return make

    for kind in absorb._ABSORB:
        yield Cut("absorb", kind.__name__, leave_out(kind))


def all_cuts() -> list[Cut]:
    """Return every cut, in the order of the tables' rows."""
    hall, session = _edge_cuts("hall_table", HALL_TABLE), _edge_cuts("session", SESSION_TABLE)
    return [*hall, *session, *_watch_cuts(), *_absorb_cuts()]


CUTS = all_cuts()


def _of_the_rows(table: str) -> list[str]:
    """Return the files that are quick to notice: those named after the rows."""
    of_session = table == "session"
    found = sorted(Path("tests", "unit", "core").glob("test_rows_*.py"))
    return [str(path) for path in found if path.stem.startswith("test_rows_session") == of_session]


def _fails(tests: list[str]) -> bool:
    return pytest.main(["-x", "-q", *tests]) == pytest.ExitCode.TESTS_FAILED


def _tried(at: int) -> tuple[int, bool]:
    """Make one cut in this process, which does nothing else; tell whether the tests noticed."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    CUTS[at].make()
    return at, _fails([*PLUGINS, *_of_the_rows(CUTS[at].table)]) or _fails([*PLUGINS, *TESTS])


def main() -> int:
    sample, seed, processes = (int(word) for word in sys.argv[1:4])
    chosen = [*range(len(CUTS))]
    if sample:
        chosen = sorted(random.Random(seed).sample(chosen, max(1, len(chosen) // sample)))
    if pytest.main(["--collect-only", "-qq", *PLUGINS, *TESTS]):
        return 1
    noticed: dict[int, bool] = {}
    with get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        for at, killed in pool.imap_unordered(_tried, chosen, chunksize=1):
            noticed[at] = killed
            if not killed:
                print(f"lived: {CUTS[at].table}: {CUTS[at].name}", flush=True)
    print("| table | cuts | killed | lived | |\n|---|---:|---:|---:|---:|")
    for table in dict.fromkeys(cut.table for cut in CUTS):
        verdicts = [killed for at, killed in noticed.items() if CUTS[at].table == table]
        if verdicts:
            rate = 100 * sum(verdicts) / len(verdicts)
            print(f"| `{table}` | {len(verdicts)} | {sum(verdicts)} | {len(verdicts) - sum(verdicts)} | {rate:.1f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
