# SPDX-License-Identifier: Apache-2.0
"""A schedule file planned: its rows matched with halls and print book, then all of them or none, or the good ones."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from adapters.store.errors import ShowRefused
from adapters.store.models import PrintEntry
from adapters.store.prints import prints
from adapters.store.show_draft import ShowDraft, SiteFacts, site_facts
from adapters.store.show_files.calendar import read_calendar
from adapters.store.show_files.raw import BYTES_MOST, RawShow, Unreadable, cues_in, feet_in, gauge_in, moment_ns
from adapters.store.show_files.table import read_table
from adapters.store.shows import Imported, Row, import_shows
from statemachines.show import Start


class FileKind(StrEnum):
    """The forms of a schedule file, by their media types."""

    CALENDAR = "text/calendar"
    CSV = "text/csv"


_READ: Mapping[FileKind, Callable[[bytes], list[RawShow]]] = {
    FileKind.CALENDAR: read_calendar,
    FileKind.CSV: read_table,
}


def import_file(*, kind: FileKind, data: bytes, partial: bool, by: str, now_ns: int) -> Imported:
    """Plan the shows of a file: all, or none when one is bad; with `partial` the good ones.

    Raises:
        ShowRefused: the file as a whole cannot be read, or has no show.
    """
    if len(data) > BYTES_MOST:
        raise ShowRefused(f"the file has {len(data)} bytes; at most {BYTES_MOST} are read")
    raw = _READ[kind](data)
    if not raw:
        raise ShowRefused("the file has no show")
    return import_raw(raw=raw, partial=partial, by=by, now_ns=now_ns)


def import_raw(*, raw: Sequence[RawShow], partial: bool, by: str, now_ns: int) -> Imported:
    """Plan rows that were read: all, or none when one is bad; with `partial` the good ones."""
    site = site_facts()
    book = {entry.title.casefold(): entry for entry in prints()}
    return import_shows(rows=[_row(each, site, book) for each in raw], partial=partial, by=by, now_ns=now_ns)


def _row(raw: RawShow, site: SiteFacts, book: Mapping[str, PrintEntry]) -> Row:
    """Every word that cannot be read is told at once, so that a file is mended in one go."""
    if raw.problems and not raw.title:
        return Row(raw.number, problems=raw.problems)
    problems = list(raw.problems)
    values: dict[str, object] = {}
    readers: dict[str, Callable[[], object]] = {
        "starts_ns": lambda: moment_ns(raw.starts, site.zone) if raw.starts is not None else 0,
        "cues": lambda: cues_in(raw.cues),
    }
    entry = book.get(raw.title.casefold()) if not (raw.gauge or raw.feet) else None
    if entry is not None:
        values["print"] = entry
    elif raw.gauge and raw.feet:
        readers |= {"gauge": lambda: gauge_in(raw.gauge), "feet": lambda: feet_in(raw.feet)}
    else:
        problems.append(f"the print book has no {raw.title!r:.80}: put it there, or give gauge and feet")
    for name, reader in readers.items():
        try:
            values[name] = reader()
        except Unreadable as wrong:
            problems.append(str(wrong))
    if problems:
        return Row(raw.number, problems=tuple(problems))
    start = raw.start.lower() or Start.OPERATOR
    draft = ShowDraft(hall=_hall(raw.hall, site), title=raw.title, start=start, **values)  # type: ignore[arg-type]  # each is read by its own reader
    return Row(raw.number, draft)


def _hall(words: str, site: SiteFacts) -> str:
    """People write a hall's id, or what it is called."""
    named = {facts.name.casefold(): hall for hall, facts in site.halls.items()}
    return words if words in site.halls else named.get(words.casefold(), words)
