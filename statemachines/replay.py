# SPDX-License-Identifier: Apache-2.0
"""The log folded through the machines: nothing is executed; states, effects and chain must come out as logged.

Only what the same version of the machines logged can be held to every word; for rows of another version the fold
still tells where the machines would now decide differently.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from typing_extensions import override

from statemachines.events import EventUnknown
from statemachines.folding import Machine, beginning, events_of, stepped
from statemachines.hall import Hall
from statemachines.history import HALL, SESSION, is_of_hall, mark_of, stamped_of
from statemachines.now import Now, now_from
from statemachines.record import CHAIN_START, Record, digest_of
from statemachines.session_value import ControlSession
from statemachines.values import canonical
from statemachines.words import Role

LOG_GAP = "log_gap"
"""The kind of the row that declares rows which could not be kept."""


@dataclass
class Divergence(Exception):
    """The first row that does not come out as it was logged."""

    stream: str
    log_seq: int
    kind: str
    what: str
    logged: str
    folded: str

    @override
    def __str__(self) -> str:
        return (
            f"{self.stream} row {self.log_seq} ({self.kind}): {self.what} differs: "
            f"the log says {self.logged or 'nothing'}, the fold gives {self.folded or 'nothing'}"
        )


@dataclass(frozen=True, slots=True)
class Folded:
    """A row and what it leads to; `value` is None for rows of no machine, and where what came before is unknown."""

    record: Record
    value: Machine | None


class Fold:
    """The values of one log's machines, by stream and subject. `row` must be given rows in the log's order."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Machine] = {}
        self._heads: dict[str, tuple[int, str]] = {}
        self._blind: set[str] = set()
        self._marks: dict[tuple[str, str], tuple[Machine, str]] = {}

    def start(self, stream: str, log_seq: int, digest: str, value: bytes | str) -> None:
        """Begin a stream behind its pruned rows, with the canonical `Now` that they led to ("" when unknown)."""
        self._heads[stream] = (log_seq, digest)
        if not value:
            self._blind.add(stream)
            return
        now = now_from(value)
        self.values[stream, HALL] = now.hall
        self.values |= {(stream, f"{SESSION}{session.role}"): session for session in now.sessions}

    def row(self, record: Record) -> Folded:
        """Take one row.

        Raises:
            Divergence: the chain is broken here, or the machine does not decide as logged.
        """
        self._check_chain(record)
        if record.kind == LOG_GAP:
            self._forget(record.stream)
        value = self._value(record)
        if value is None:
            return Folded(record, None)
        after = self._check_step(record, value)
        self.values[record.stream, record.subject] = after
        return Folded(record, after)

    def _forget(self, stream: str) -> None:
        """Rows are missing by their own word: what they led to is unknown, only the chain goes on."""
        self._blind.add(stream)
        self.values = {key: value for key, value in self.values.items() if key[0] != stream}

    def begun(self, stream: str) -> bool:
        """Tell whether the stream has a beginning already."""
        return stream in self._heads

    def now(self, stream: str) -> Now | None:
        """Return what a stream has led to, None when its hall is unknown."""
        hall = self.values.get((stream, HALL))
        if not isinstance(hall, Hall):
            return None
        sessions = (self.values.get((stream, f"{SESSION}{role}")) for role in Role)
        return Now(hall=hall, sessions=tuple(each for each in sessions if isinstance(each, ControlSession)))

    def _check_chain(self, record: Record) -> None:
        log_seq, prev = self._heads.get(record.stream, (0, CHAIN_START))
        _same(record, "log_seq", str(record.log_seq), str(log_seq + 1))
        _same(record, "prev", record.prev, prev)
        digest = digest_of(record)
        _same(record, "digest", record.digest, digest)
        self._heads[record.stream] = (record.log_seq, digest)

    def _value(self, record: Record) -> Machine | None:
        known = self.values.get((record.stream, record.subject))
        if known is not None:
            return known
        begun = beginning(record.stream, record.subject)
        if begun is None or record.stream not in self._blind:
            return begun
        # Deployments come one after the other in a stream: one that begins behind a hole is whole again.
        begins = not is_of_hall(record.subject) and record.before == mark_of(begun)
        return begun if begins else None

    def _check_step(self, record: Record, value: Machine) -> Machine:
        try:
            stamped = stamped_of(record, events_of(record.subject))
        except EventUnknown as unknown:
            raise Divergence(record.stream, record.log_seq, record.kind, "event", record.kind, str(unknown)) from None
        _same(record, "before", record.before, self._mark(record, value))
        after, effects, verdict, edge, reason = stepped(value, stamped)
        _same(record, "edge", record.edge, edge)
        _same(record, "verdict", record.verdict, str(verdict))
        _same(record, "reason", record.reason, reason)
        if record.effects or effects:
            _same(record, "effects", _text(record.effects), _text(effects))
        _same(record, "after", record.after, self._mark(record, after))
        return after

    def _mark(self, record: Record, value: Machine) -> str:
        """Return a value's mark; one row's `after` is the next one's `before`, and writing it is half of the cost."""
        known = self._marks.get((record.stream, record.subject))
        if known is None or known[0] is not value:
            known = self._marks[record.stream, record.subject] = value, mark_of(value)
        return known[1]


def _text(effects: Any) -> str:
    return msgspec.json.encode(msgspec.to_builtins(effects), order="sorted").decode()


def _same(record: Record, what: str, logged: str, folded: str) -> None:
    if logged != folded:
        raise Divergence(record.stream, record.log_seq, record.kind, what, logged, folded)


def folded(stream: str, value: bytes | None, rows: Iterable[Record]) -> bytes | None:
    """Fold one stream's rows on from a canonical `Now` (None at the stream's start); return the `Now` after them.

    Raises:
        Divergence: the rows do not come out as logged.
    """
    fold = Fold()
    for record in rows:
        if record.log_seq > 1 and not fold.begun(stream):
            fold.start(stream, record.log_seq - 1, record.prev, value or b"")
        fold.row(record)
    now = fold.now(stream)
    return None if now is None else canonical(now)
