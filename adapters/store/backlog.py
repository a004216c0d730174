# SPDX-License-Identifier: Apache-2.0
"""Rows that are sealed and wait for their commit, in order, and what happens when too many wait.

A row takes its number and its place in the chain when it is added, so that its digest is known at once. While
the log cannot be written rows wait here, up to `room`. Beyond that, added records are counted and NOT
chained: they take no number. Once half of the room is free again each stream that lost records gets one row
`log_gap`, chained like any other: numbers have no holes, the chain verifies, and the hole in the story stands
where it happened.
"""

from collections import deque
from itertools import islice
from typing import NamedTuple

import msgspec

from adapters.store.errors import RecordUnfit
from adapters.store.rows import require_fit
from adapters.store.verify import EMPTY, Head
from statemachines.history import is_of_hall
from statemachines.record import Record, sealed
from statemachines.words import Verdict


class Waiting(NamedTuple):
    """A sealed row, and the canonical value that is kept beside it (None: none is, or it is unchanged)."""

    record: Record
    value: bytes | None


class _Gap(NamedTuple):
    rows: int
    first: Record
    last: Record
    value: bytes | None

    def draft(self) -> Record:
        first, last = self.first, self.last
        return Record(
            stream=last.stream,
            log_seq=0,
            subject="hall",
            at_ns=last.at_ns,
            kind="log_gap",
            payload={"rows": self.rows, "first": first.at_ns, "last": last.at_ns},
            source="runtime",
            before=first.before,
            after=last.after,
            verdict=Verdict.INTERNAL,
            version=last.version,
        )


class Backlog:
    """Not thread-safe by itself: the writer holds its lock around every call."""

    def __init__(self, heads: dict[str, Head], room: int) -> None:
        self.stored = dict(heads)
        self._heads = dict(heads)
        self._room = room
        self._rows: deque[Waiting] = deque()
        self._gaps: dict[str, _Gap] = {}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def lost(self) -> int:
        """Records that found no room and are not declared yet."""
        return sum(gap.rows for gap in self._gaps.values())

    def add(self, draft: Record, value: bytes | None) -> Record:
        """Return the draft sealed; or, where there is no room, with number 0 and an empty digest.

        Raises:
            RecordUnfit: it can never be stored.
        """
        require_fit(draft)
        if self._gaps or len(self._rows) >= self._room:
            return self._count_lost(draft, value)
        return self._seal(draft, value)

    def first(self, most: int) -> list[Waiting]:
        """Return the oldest rows; they stay until `settle`."""
        return list(islice(self._rows, most))

    def settle(self, count: int) -> None:
        """The oldest `count` rows are durable."""
        settled = [self._rows.popleft().record for _ in range(count)]
        newest = {record.stream: record for record in settled}
        self.stored |= {stream: Head(record.log_seq, record.digest) for stream, record in newest.items()}
        if self._gaps and len(self._rows) <= self._room // 2:
            for gap in self._gaps.values():
                self._seal(gap.draft(), gap.value)
            self._gaps.clear()

    def targets(self) -> dict[str, int]:
        """Return by stream the number that is durable once all that was added until now is settled."""
        return {stream: head.log_seq + (stream in self._gaps) for stream, head in self._ends().items()}

    def reached(self, targets: dict[str, int]) -> bool:
        return all(self.stored.get(stream, EMPTY).log_seq >= due for stream, due in targets.items())

    def _ends(self) -> dict[str, Head]:
        return dict.fromkeys(self._gaps, EMPTY) | self._heads

    def _seal(self, draft: Record, value: bytes | None) -> Record:
        head = self._heads.get(draft.stream, EMPTY)
        numbered = msgspec.structs.replace(draft, log_seq=head.log_seq + 1)
        try:
            record = sealed(numbered, head.digest)
        except (TypeError, UnicodeEncodeError) as wrong:
            raise RecordUnfit(f"{draft.stream} {draft.kind}: {wrong}") from wrong
        self._heads[record.stream] = Head(record.log_seq, record.digest)
        self._rows.append(Waiting(record, value))
        return record

    def _count_lost(self, draft: Record, value: bytes | None) -> Record:
        gap = self._gaps.get(draft.stream, _Gap(0, draft, draft, None))
        if value is None or not is_of_hall(
            draft.subject
        ):  # another's stays as it is in `value_now`, until its next row
            value = gap.value
        self._gaps[draft.stream] = _Gap(gap.rows + 1, gap.first, draft, value)
        return msgspec.structs.replace(draft, log_seq=0, digest="")
