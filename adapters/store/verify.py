# SPDX-License-Identifier: Apache-2.0
"""Verifying the hash chains of a log, whether its rows come from the database or from a JSONL file.

A chain shows every change, hole, repetition and exchange of rows. Rows cut off at the very end leave a
shorter chain that is right in itself: compare `VerifyReport.heads` with what another copy or the board says.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from typing_extensions import override

from adapters.store.checkpoint import Checkpoint, LogItem
from adapters.store.errors import LogMalformed
from statemachines.record import CHAIN_START, Record, digest_of


class Head(NamedTuple):
    """The newest row of a stream."""

    log_seq: int
    digest: str


EMPTY = Head(0, CHAIN_START)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The first wrong row of a stream, and what was expected. A line that is no row has no stream."""

    stream: str
    log_seq: int
    expected: str

    @override
    def __str__(self) -> str:
        return f"{self.stream} row {self.log_seq}: {self.expected}" if self.stream else self.expected


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """`rows` were read in all; `heads` are the newest good rows by stream; `faults` at most one a stream."""

    rows: int
    heads: dict[str, Head]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


@dataclass
class Chain:
    """How far each stream has been followed."""

    heads: dict[str, Head] = field(default_factory=dict)

    def follow(self, item: LogItem) -> Fault | None:
        """Go on by one item of any stream; a fault leaves that stream's head where it was."""
        expected = self._wrong_start(item) if isinstance(item, Checkpoint) else self._wrong_row(item)
        if expected:
            return Fault(stream=item.stream, log_seq=item.log_seq, expected=expected)
        self.heads[item.stream] = Head(item.log_seq, item.digest)
        return None

    def _wrong_start(self, item: Checkpoint) -> str:
        if item.stream in self.heads:
            return "a checkpoint can only stand before all rows of its stream"
        if item.seal != item.expected_seal():
            return "the checkpoint's seal does not fit: it was changed after it was written"
        return ""

    def _wrong_row(self, row: Record) -> str:
        head = self.heads.get(row.stream, EMPTY)
        due = head.log_seq + 1
        if row.log_seq < due:
            return f"row {due} expected here: this row is a repetition or out of order"
        if row.log_seq > due:
            last = f" to {row.log_seq - 1}" if row.log_seq - 1 > due else ""
            return f"row {due} expected here: missing or out of order ({due}{last})"
        if row.prev != head.digest:
            return f"prev {head.digest[:12]}… expected (row {head.log_seq}), found {row.prev[:12]}…"
        digest = digest_of(row)
        if row.digest != digest:
            return f"digest {digest[:12]}… expected from its content, found {row.digest[:12]}…: it was changed"
        return ""


def verify(items: Iterable[LogItem]) -> VerifyReport:
    """Follow the chains of all streams to the end; a stream is not followed beyond its first wrong row.

    A row or line that cannot be read ends the verification and is named as the last fault.
    """
    chain, faults, rows = Chain(), dict[str, Fault](), 0
    try:
        for item in items:
            rows += isinstance(item, Record)
            if item.stream not in faults and (fault := chain.follow(item)):
                faults[item.stream] = fault
    except LogMalformed as unreadable:
        faults[""] = Fault(stream="", log_seq=0, expected=str(unreadable))
    return VerifyReport(rows=rows, heads=chain.heads, faults=tuple(faults.values()))
