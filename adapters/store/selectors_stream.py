# SPDX-License-Identifier: Apache-2.0
"""Reading for those who follow the log from a position."""

from django.db import connections
from django.db.models import Exists, OuterRef

from adapters.store.models import CheckpointRow, EventRow
from adapters.store.router import LOG


def has_grown(*, after: int) -> bool:
    """Tell whether a row stands after this position. Plain SQL, as it is asked many times a second."""
    with connections[LOG].cursor() as cursor:
        cursor.execute("SELECT 1 FROM event WHERE pos > %s LIMIT 1", [after])
        return cursor.fetchone() is not None


def may_be_pruned(*, after: int) -> bool:
    """Tell whether rows after this position may have been pruned; costs one look at each row that is left after it.

    Of each stream the oldest rows go. Where the oldest that is left stands at or before the position, all that went
    stood before it too; where it stands after it, nobody knows.
    """
    ends_there = CheckpointRow.objects.filter(stream=OuterRef("stream"), log_seq=OuterRef("log_seq") - 1)
    return EventRow.objects.filter(Exists(ends_there), pos__gt=after).exists()
