# SPDX-License-Identifier: Apache-2.0
"""The schedule: shows planned, changed, cancelled and read. Not on an event loop: Django refuses it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from adapters.store.errors import ShowRefused, ShowUnknown
from adapters.store.models import HallEntry, ShowEntry
from adapters.store.show_draft import ShowDraft, SiteFacts, draft_of, lasts_ns, problems_of, site_facts
from adapters.store.show_runs import ShowState, runs_of, state_of
from statemachines.settings import Timings
from statemachines.show import Show, Start

AHEAD_NS = 36 * 3600 * 1_000_000_000
"""How far ahead the runtime looks."""
_LONGEST_NS = 24 * 3600 * 1_000_000_000


def shows(*, from_ns: int, to_ns: int, hall: str = "") -> list[ShowEntry]:
    """Return the shows that start between two moments, cancelled ones too, by their start."""
    found = ShowEntry.objects.select_related("print").filter(starts_ns__gte=from_ns, starts_ns__lt=to_ns)
    return list((found.filter(hall=hall) if hall else found).order_by("starts_ns", "hall"))


def show_of(*, show_id: UUID) -> ShowEntry:
    """Return one show.

    Raises:
        ShowUnknown: none has this id.
    """
    found = ShowEntry.objects.select_related("print").filter(pk=show_id).first()
    if found is None:
        raise ShowUnknown(f"there is no show {show_id} here")
    return found


def planned_shows(*, now_ns: int) -> dict[str, list[Show]]:
    """Return what each hall may still show, soonest first: what is planned for the next day and a half."""
    window = shows(from_ns=now_ns - Timings().show_over, to_ns=now_ns + AHEAD_NS)
    found: dict[str, list[Show]] = {}
    for entry in window:
        if entry.cancelled_ns is None:
            found.setdefault(entry.hall, []).append(show_value(entry))
    return found


def show_value(entry: ShowEntry) -> Show:
    """Return a show as a hall's machine knows it."""
    draft = draft_of(entry)
    title, gauge, feet = draft.programme
    return Show(
        id=str(entry.id),
        title=title,
        starts_ns=entry.starts_ns,
        start=Start(entry.start),
        gauge=gauge,
        feet=feet,
        cues=tuple(cue for cue in draft.cues if cue.is_of_the_room),
    )


def show_problems(*, draft: ShowDraft, now_ns: int, show_id: UUID | None = None) -> list[str]:
    """Return what is wrong with a show that is to be planned, or put in the place of `show_id`; nothing is stored."""
    site = site_facts()
    return problems_of(draft, site, now_ns) or _overlaps(show_id, draft, site)


def plan_show(*, draft: ShowDraft, by: str, now_ns: int) -> ShowEntry:
    """Plan a show.

    Raises:
        ShowRefused: unknown hall, a gauge that it cannot run, a start in the past, an overlap, wrong feet or cues.
    """
    with transaction.atomic():
        return _save(ShowEntry(made_by=by, made_ns=now_ns), draft, site_facts(), now_ns)


def change_show(*, show_id: UUID, draft: ShowDraft, now_ns: int) -> ShowEntry:
    """Put this draft in the place of a planned show.

    Raises:
        ShowUnknown: no show has this id.
        ShowRefused: as `plan_show`; or it runs, ran, or was cancelled.
    """
    with transaction.atomic():
        entry = show_of(show_id=show_id)
        _require_changeable(entry, now_ns)
        return _save(entry, draft, site_facts(), now_ns)


def cancel_show(*, show_id: UUID, now_ns: int) -> ShowEntry:
    """Cancel a show that has not begun; its sessions close. Cancelling it again changes nothing.

    Raises:
        ShowUnknown: no show has this id.
        ShowRefused: it runs or ran.
    """
    with transaction.atomic():
        entry = show_of(show_id=show_id)
        if entry.cancelled_ns is None:
            _require_changeable(entry, now_ns)
            entry.cancelled_ns = now_ns
            entry.save(update_fields=["cancelled_ns"])
    return entry


@dataclass(frozen=True)
class Row:
    """One row of an import: its number as people count it, and a draft, or what is wrong with it."""

    number: int
    draft: ShowDraft | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What came of an import. `unchanged`: rows that were planned just so before. `problems` by row number."""

    planned: tuple[ShowEntry, ...]
    unchanged: int
    problems: dict[int, tuple[str, ...]]


def import_shows(*, rows: Sequence[Row], partial: bool, by: str, now_ns: int) -> Imported:
    """Plan all rows, or none when one is bad; with `partial` the good ones. A row planned before is left alone."""
    site = site_facts()
    planned: list[ShowEntry] = []
    problems: dict[int, tuple[str, ...]] = {}
    unchanged = 0
    with transaction.atomic():
        for row in rows:
            if row.draft is None:
                problems[row.number] = row.problems
            elif _is_planned(row.draft):
                unchanged += 1
            else:
                try:
                    planned.append(_save(ShowEntry(made_by=by, made_ns=now_ns), row.draft, site, now_ns))
                except ShowRefused as refused:
                    problems[row.number] = refused.problems
        if problems and not partial:
            transaction.set_rollback(True)
            return Imported((), 0, problems)
    return Imported(tuple(planned), unchanged, problems)


def _is_planned(draft: ShowDraft) -> bool:
    same = ShowEntry.objects.select_related("print").filter(
        hall=draft.hall, starts_ns=draft.starts_ns, cancelled_ns__isnull=True
    )
    return any(draft_of(entry).programme == draft.programme for entry in same)


def _require_changeable(entry: ShowEntry, now_ns: int) -> None:
    title = draft_of(entry).programme[0]
    match state_of(entry, runs_of([entry]), now_ns):
        case ShowState.RUNNING:
            raise ShowRefused(f"{title} is running: stop it in its hall")
        case ShowState.DONE:
            raise ShowRefused(f"{title} is over: plan another show")
        case ShowState.CANCELLED:
            raise ShowRefused(f"{title} was cancelled: plan it anew")
        case ShowState.PLANNED | ShowState.LATE:
            return


def _save(entry: ShowEntry, draft: ShowDraft, site: SiteFacts, now_ns: int) -> ShowEntry:
    problems = problems_of(draft, site, now_ns)
    if not problems:
        HallEntry.objects.select_for_update().filter(pk=draft.hall).first()  # two planners of a hall: one after another
        problems = _overlaps(entry.pk, draft, site)
    if problems:
        raise ShowRefused(*problems)
    own = draft.print is None
    title, gauge, feet = draft.programme
    entry.hall, entry.starts_ns, entry.start, entry.print = draft.hall, draft.starts_ns, draft.start, draft.print
    entry.title, entry.gauge, entry.feet = (title, gauge, list(feet)) if own else ("", None, [])
    cues = sorted(draft.cues, key=lambda cue: cue.place)
    entry.cues = [{"reel": cue.reel, "frame": cue.frame, "verb": str(cue.verb), "arg": cue.arg} for cue in cues]
    entry.save()
    return entry


def _overlaps(show_id: UUID | None, draft: ShowDraft, site: SiteFacts) -> list[str]:
    ends_ns = draft.starts_ns + _length_ns(draft)
    near = shows(from_ns=draft.starts_ns - _LONGEST_NS, to_ns=ends_ns, hall=draft.hall)
    return [
        f"{site.halls[draft.hall].name} shows {title} then, from {site.spoken(other.starts_ns)} to {site.spoken(until)}"
        for other, title, until in _ends(near)
        if other.pk != show_id and other.cancelled_ns is None and until > draft.starts_ns
    ]


def _length_ns(draft: ShowDraft) -> int:
    _title, gauge, feet = draft.programme
    return lasts_ns(gauge, feet)


def _ends(entries: Iterable[ShowEntry]) -> Iterable[tuple[ShowEntry, str, int]]:
    for entry in entries:
        draft = draft_of(entry)
        yield entry, draft.programme[0], entry.starts_ns + _length_ns(draft)
