# SPDX-License-Identifier: Apache-2.0
"""Rows of the schedule turned into what the API says of them."""

from collections.abc import Iterable
from dataclasses import replace

from adapters.store.models import PrintEntry, ShowEntry
from adapters.store.prints import print_of
from adapters.store.show_draft import ShowDraft, draft_of, lasts_ns
from adapters.store.show_runs import ShowState, runs_of, state_of
from statemachines.show import Cue, Start
from web.api.shapes.show import BadRow, CueShape, NewShow, PrintView, ShowChange, ShowView
from web.sight.speech import MS, ms


def show_views(entries: Iterable[ShowEntry], now_ns: int) -> list[ShowView]:
    """Return these shows with what became of them; one query, however many."""
    entries = list(entries)
    known = runs_of(entries)
    return [_view(entry, state_of(entry, known, now_ns)) for entry in entries]


def _view(entry: ShowEntry, state: ShowState) -> ShowView:
    draft = draft_of(entry)
    title, gauge, feet = draft.programme
    return ShowView(
        id=entry.id,
        hall=entry.hall,
        title=title,
        print=entry.print.id if entry.print is not None else None,
        gauge=gauge,
        feet=list(feet),
        starts_ms=ms(entry.starts_ns),
        ends_ms=ms(entry.starts_ns + lasts_ns(gauge, feet)),
        start=Start(entry.start),
        cues=[CueShape(reel=cue.reel, frame=cue.frame, verb=cue.verb, arg=cue.arg) for cue in draft.cues],
        state=state,
    )


def print_view(entry: PrintEntry) -> PrintView:
    """Return a print as the API says it."""
    return PrintView(id=entry.id, title=entry.title, gauge=entry.gauge, feet=list(entry.feet), notes=entry.notes)


def bad_rows(problems: dict[int, tuple[str, ...]]) -> list[BadRow]:
    """Return the bad rows of a file, in its order."""
    return [BadRow(row=row, words="; ".join(words)) for row, words in sorted(problems.items())]


def new_draft(asked: NewShow) -> ShowDraft:
    """Return what was asked for as a draft.

    Raises:
        ShowUnknown: the book has no such print.
    """
    return ShowDraft(
        hall=asked.hall,
        starts_ns=asked.starts_ms * MS,
        print=print_of(print_id=asked.print) if asked.print is not None else None,
        title=asked.title,
        gauge=asked.gauge or 0,
        feet=tuple(asked.feet),
        start=asked.start,
        cues=_cues(asked.cues),
    )


def changed_draft(entry: ShowEntry, asked: ShowChange) -> ShowDraft:
    """Return a planned show as it is to become. A title, gauge or feet of its own take the print's place.

    Raises:
        ShowUnknown: the book has no such print.
    """
    draft = draft_of(entry)
    own = {"title": asked.title, "gauge": asked.gauge, "feet": tuple(asked.feet) if asked.feet is not None else None}
    if asked.print is not None:
        draft = replace(draft, print=print_of(print_id=asked.print))
    elif any(value is not None for value in own.values()):
        title, gauge, feet = draft.programme
        draft = replace(draft, print=None, title=title, gauge=gauge, feet=feet)
    changes = {
        **own,
        "hall": asked.hall,
        "starts_ns": asked.starts_ms * MS if asked.starts_ms is not None else None,
        "start": asked.start,
        "cues": _cues(asked.cues) if asked.cues is not None else None,
    }
    return replace(draft, **{name: value for name, value in changes.items() if value is not None})  # type: ignore[arg-type]  # each by its own name


def _cues(shapes: Iterable[CueShape]) -> tuple[Cue, ...]:
    return tuple(Cue(reel=each.reel, frame=each.frame, verb=each.verb, arg=each.arg) for each in shapes)
