# SPDX-License-Identifier: Apache-2.0
"""Replay held to every word (chain, states, effects), beside a bare JSON parse and the `eventsourcing` library.

All begin from what is on a disk: ours from the lines of an exported log, theirs from their SQLite store.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from adapters.store.lines import line_of, read_jsonl
from adapters.store.verify import verify
from benchmarks.logged import rows
from benchmarks.measure import Figure, in_turns, p50
from benchmarks.show import shows
from statemachines.history import mark_of
from statemachines.record import Record
from statemachines.replay import Fold

ROWS, ROUNDS = 4300, 15
_FEW, _MANY = 100_000, 1_000_000
_CODED = "`json.loads` of the same lines"


def fold_of(text: bytes) -> Callable[[], int]:
    """Return what replays the lines as `projectionist replay` does."""

    def party() -> int:
        fold, count = Fold(), 0
        for item in read_jsonl(io.BytesIO(text)):
            if isinstance(item, Record):
                fold.row(item)
                count += 1
        return count

    return party


def _chain_of(text: bytes) -> Callable[[], int]:
    return lambda: verify(read_jsonl(io.BytesIO(text))).rows


def _parse_of(text: bytes) -> Callable[[], int]:
    lines = text.splitlines()
    return lambda: len([json.loads(line) for line in lines])


def _marks() -> Callable[[], int]:
    values = [made.hall for _stamped, made in islice(shows(), ROWS)]
    return lambda: len([mark_of(value) for value in values])


def _theirs(told: Sequence[Record], directory: Path) -> Callable[[], int] | None:
    """Return what reads the same events back into their aggregate; None where the library is not installed."""
    if find_spec("eventsourcing") is None:
        return None
    from benchmarks.eventsourced import stored

    return stored(told, directory / "eventsourcing.sqlite")


def measure(directory: Path) -> list[Figure]:
    """Replay one show's rows in turns with the others, then shows without end for the memory."""
    told = list(rows(ROWS))
    text = b"".join(line_of(record) for record in told)
    theirs = _theirs(told, directory)
    parties = [fold_of(text), _chain_of(text), _marks(), _parse_of(text), *([theirs] if theirs else [])]
    ours, chain, marks, parse, *library = (p50(samples) for samples in in_turns(parties, ROUNDS))
    figures = [
        Figure("replay_row", "replay, verified: chain, states, effects", ours, "µs", ROUNDS, parse, _CODED),
        Figure("verify_row", "of it, `log verify`: read and follow the chain", chain, "µs", ROUNDS, parse, _CODED),
        Figure("mark_row", "of it, write and hash the hall's value", marks, "µs", ROUNDS, parse, _CODED),
    ]
    for cost in library:
        says = "the `eventsourcing` library, nothing verified, beside our replay"
        figures.append(Figure("eventsourcing_row", says, cost, "µs", ROUNDS, ours, "our replay", 5.0, at_least=True))
    return [*figures, *memory()]


def memory() -> list[Figure]:
    """Measure the peak memory of a process that replays rows made on the fly."""
    few, many = peak_mib(_FEW), peak_mib(_MANY)
    says = f"peak memory of a replay of {_MANY:,} rows"
    return [Figure("replay_memory", says, many, "MiB", 1, few, f"the same of {_FEW:,} rows", 1.1)]


def peak_mib(count: int) -> float:
    """Return the peak resident memory in MiB of a process of its own that replays `count` rows."""
    program = [sys.executable, "-m", "benchmarks.replaying", str(count)]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout) / 1024


def _replay(count: int) -> None:
    fold = Fold()
    for record in rows(count):
        fold.row(record)
    # Not getrusage: its peak is that of whoever started this process, too.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    print(status["VmHWM"].split()[0])


if __name__ == "__main__":
    _replay(int(sys.argv[1]))
