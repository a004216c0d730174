# SPDX-License-Identifier: Apache-2.0
"""The rows of shows, as a hall's keeper makes them: drafts for a writer, or sealed into chains."""

from collections.abc import Iterator
from itertools import islice

from benchmarks.show import shows
from statemachines.hall import new_hall
from statemachines.history import HALL, mark_of, row_of
from statemachines.now import Now
from statemachines.record import CHAIN_START, Record, sealed
from statemachines.settings import Settings
from statemachines.values import canonical

VERSION = "0" * 64
Draft = tuple[Record, bytes]


def drafts(hall_id: str = "h1", *, feet: int = 2000) -> Iterator[Draft]:
    """Yield for ever a hall's rows, not yet numbered or chained, each with the canonical value after it."""
    before = mark_of(new_hall(hall_id, Settings()))
    for stamped, made in shows(hall_id, feet=feet):
        after = mark_of(made.hall)
        row = row_of(
            stream=hall_id,
            subject=HALL,
            stamped=stamped,
            before=before,
            after=after,
            effects=made.effects,
            edge=made.edge,
            verdict=made.verdict,
            reason=made.reason,
            version=VERSION,
        )
        yield row, canonical(Now(hall=made.hall))
        before = after


def rows(most: int, *, feet: int = 2000) -> Iterator[Record]:
    """Yield the first `most` rows of a hall's log, sealed; nothing of them is kept."""
    prev = CHAIN_START
    for number, (draft, _value) in enumerate(islice(drafts(feet=feet), most), start=1):
        values = {name: getattr(draft, name) for name in draft.__struct_fields__} | {"log_seq": number, "pos": number}
        record = sealed(Record(**values), prev)
        prev = record.digest
        yield record
