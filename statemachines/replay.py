# SPDX-License-Identifier: Apache-2.0
"""The log folded through the machines: nothing is executed; states, effects and chain must come out as logged.

Only what the same version of the machines logged can be held to every word; for rows of another version the fold
still tells where the machines would now decide differently.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from statemachines import machine, session
from statemachines.events import EventUnknown, Stamped
from statemachines.hall import Hall, new_hall
from statemachines.history import HALL, SESSION, mark_of, stamped_of
from statemachines.record import Record, digest_of
from statemachines.session_events import SESSION_EVENT_CLASSES
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.words import Role

Machine = Hall | ControlSession


@dataclass(frozen=True, slots=True)
class Divergence(Exception):
    """The first row that does not come out as it was logged."""

    stream: str
    log_seq: int
    kind: str
    what: str
    logged: str
    folded: str

    def __str__(self) -> str:
        return (
            f"{self.stream} row {self.log_seq} ({self.kind}): {self.what} differs: "
            f"the log says {self.logged or 'nothing'}, the fold gives {self.folded or 'nothing'}"
        )


@dataclass(frozen=True, slots=True)
class Folded:
    """A row, and what it leads to. `value` is None for rows of no machine, or before a pruned log's first start."""

    record: Record
    value: Machine | None


class Fold:
    """The values of one log's machines, by stream and subject. `row` must be given rows in the log's order."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Machine] = {}
        self._digests: dict[str, tuple[int, str]] = {}

    def row(self, record: Record) -> Folded:
        """Take one row.

        Raises:
            Divergence: the chain is broken here, or the machine does not decide as logged.
        """
        self._check_chain(record)
        value = self._value(record)
        if value is None:
            return Folded(record, None)
        after = self._check_step(record, value)
        self.values[record.stream, record.subject] = after
        return Folded(record, after)

    def _check_chain(self, record: Record) -> None:
        before = self._digests.get(record.stream)
        if before is not None:
            _same(record, "log_seq", str(record.log_seq), str(before[0] + 1))
            _same(record, "prev", record.prev, before[1])
        digest = digest_of(record)
        _same(record, "digest", record.digest, digest)
        self._digests[record.stream] = (record.log_seq, digest)

    def _value(self, record: Record) -> Machine | None:
        known = self.values.get((record.stream, record.subject))
        if known is not None:
            return known
        if record.subject == HALL:
            if record.kind != "hall_configured":
                return None
            was = record.payload.get("was")
            return msgspec.json.decode(was, type=Hall) if was else new_hall(record.stream, Settings())
        if record.subject.startswith(SESSION) and record.kind == "session_begun":
            return ControlSession(role=Role(record.subject.removeprefix(SESSION)))
        return None

    def _check_step(self, record: Record, value: Machine) -> Machine:
        try:
            stamped = _stamped(record)
        except EventUnknown as unknown:
            raise Divergence(record.stream, record.log_seq, record.kind, "event", record.kind, str(unknown)) from None
        _same(record, "before", record.before, mark_of(value))
        after, effects, verdict, edge, reason = _step(value, stamped)
        _same(record, "edge", record.edge, edge)
        _same(record, "verdict", record.verdict, verdict)
        _same(record, "reason", record.reason, reason)
        _same(record, "effects", _text(record.effects), _text(effects))
        _same(record, "after", record.after, mark_of(after))
        return after


def _stamped(record: Record) -> Stamped:
    if record.subject == HALL:
        return stamped_of(record)
    return stamped_of(record, SESSION_EVENT_CLASSES)


def _step(value: Machine, stamped: Stamped) -> tuple[Machine, Any, str, str, str]:
    if isinstance(value, Hall):
        made = machine.step(value, stamped)
        return made.hall, made.effects, str(made.verdict), made.edge, made.reason
    step = session.step(value, stamped)
    return step.session, step.effects, str(step.verdict), step.edge, step.reason


def _text(effects: Any) -> str:
    return msgspec.json.encode(msgspec.to_builtins(effects), order="sorted").decode()


def _same(record: Record, what: str, logged: str, folded: str) -> None:
    if logged != folded:
        raise Divergence(record.stream, record.log_seq, record.kind, what, logged, folded)


def replayed(records: Iterable[Record], hall: str = "") -> Iterator[Folded]:
    """Fold rows in order; with `hall`, only that stream's.

    Raises:
        Divergence: at the first row that does not come out as logged.
    """
    fold = Fold()
    for record in records:
        if not hall or record.stream == hall:
            yield fold.row(record)
