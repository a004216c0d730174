# SPDX-License-Identifier: Apache-2.0
"""The book of what is told: written before anything is sent, so that nothing is told twice and nothing is forgotten.

Several web processes may work on it: who inserts a row first has made it, who changes `next_ns` first sends it.
"""

from collections.abc import Iterable

from django.db import transaction

from web.watch.models import Channel, Stage, Telling
from web.watch.waiting import Ended, Occurrence, Shelvings

SECOND_NS = 1_000_000_000
LEASE_NS = 60 * SECOND_NS
"""So long a message may be on its way; whoever ended meanwhile has not told it, as far as we know."""
_PAUSES_S = (5, 15, 45, 135, 300)
_ERROR_MOST = 300
OVER_BEFORE = "It was over before it could be told."


def note_raised(*, occurrence: Occurrence, channels: Iterable[Channel], words: str, now_ns: int) -> None:
    """Have an alarm told by these channels, unless that was noted before."""
    _note(occurrence, Stage.RAISED, channels, words, now_ns)


def note_ended(*, telling: Telling, ended: Ended, until_ns: int, words: str, now_ns: int) -> None:
    """Note that an alarm is over: who was told of it is told so too, and whoever was not yet is not any more."""
    with transaction.atomic():
        waiting = Telling.objects.filter(id=telling.id, told_ns=None)
        if waiting.update(next_ns=None, ended=ended, until_ns=until_ns, error=telling.error or OVER_BEFORE):
            return
        Telling.objects.filter(id=telling.id).update(ended=ended, until_ns=until_ns)
        _note(_occurrence(telling), Stage.OVER, [Channel(telling.channel)], words, now_ns)


def _note(occurrence: Occurrence, stage: Stage, channels: Iterable[Channel], words: str, now_ns: int) -> None:
    rows = [
        Telling(
            hall=occurrence.hall,
            alarm=occurrence.alarm,
            since_ns=occurrence.since_ns,
            stage=stage,
            channel=channel,
            words=words,
            made_ns=now_ns,
            next_ns=now_ns,
        )
        for channel in channels
    ]
    Telling.objects.bulk_create(rows, ignore_conflicts=True)


def open_tellings() -> list[tuple[Occurrence, Telling]]:
    """Return what was noted as raised and not as over, oldest first."""
    rows = Telling.objects.filter(stage=Stage.RAISED, ended="").order_by("made_ns", "id")
    return [(_occurrence(row), row) for row in rows]


def shelvings(*, now_ns: int) -> Shelvings:
    """Return until when alarms were shelved that had been told, of the last month."""
    month_ns = 31 * 86_400 * SECOND_NS
    rows = Telling.objects.filter(until_ns__gt=now_ns - month_ns).order_by("until_ns")
    return {(row.hall, row.alarm): row.until_ns for row in rows}


def claim(*, channel: Channel, now_ns: int) -> Telling | None:
    """Take the oldest message that is to be sent now; None when there is none, or another process took it."""
    row = Telling.objects.filter(channel=channel, next_ns__lte=now_ns).order_by("made_ns", "id").first()
    if row is None:
        return None
    mine = Telling.objects.filter(id=row.id, next_ns=row.next_ns, told_ns=None)
    if not mine.update(next_ns=now_ns + LEASE_NS, tries=row.tries + 1):
        return None
    row.tries += 1
    return row


def note_told(*, telling: Telling, now_ns: int) -> None:
    """Note that a message arrived. One that was over while it was on its way is looked at again: it was told."""
    Telling.objects.filter(id=telling.id).update(told_ns=now_ns, next_ns=None, error="", ended="")


def note_failed(*, telling: Telling, error: str, tries: int, now_ns: int) -> bool:
    """Note what went wrong. Return whether it is sent again; after `tries` it is given up."""
    again = telling.tries < tries
    pause_s = _PAUSES_S[min(telling.tries, len(_PAUSES_S)) - 1]
    mine = Telling.objects.filter(id=telling.id, told_ns=None)
    mine.update(error=error[:_ERROR_MOST])
    # What was over meanwhile stays undone.
    mine.filter(ended="").update(next_ns=now_ns + pause_s * SECOND_NS if again else None)
    return again


def _occurrence(row: Telling) -> Occurrence:
    return Occurrence(hall=row.hall, alarm=row.alarm, since_ns=row.since_ns)
