# SPDX-License-Identifier: Apache-2.0
"""The print book: what prints there are. Called from threads or synchronous code: Django refuses the event loop."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from adapters.store.errors import ShowRefused, ShowUnknown
from adapters.store.models import PrintEntry
from statemachines.film import FRAMES_PER_FOOT, GaugeUnknown

REELS_MOST = 40
FEET_LEAST, FEET_MOST = 20, 20_000
TITLE_MOST = 120


def programme_problems(*, title: str, gauge: int, feet: Sequence[int]) -> list[str]:
    """Return what is wrong with a title, a gauge in mm and the feet of the reels, in words."""
    problems = []
    if not (title.strip() and title.isprintable() and len(title) <= TITLE_MOST):
        problems.append(f"the title {title!r:.80} does not fit: 1 to {TITLE_MOST} characters in one line")
    if gauge not in FRAMES_PER_FOOT:
        problems.append(str(GaugeUnknown(gauge)))
    if not 1 <= len(feet) <= REELS_MOST:
        problems.append(f"a film has 1 to {REELS_MOST} reels: give the feet of each")
    problems += [
        f"reel {reel} of {each} ft cannot be: a reel has {FEET_LEAST} to {FEET_MOST} ft"
        for reel, each in enumerate(feet, 1)
        if not FEET_LEAST <= each <= FEET_MOST
    ]
    return problems


def prints() -> list[PrintEntry]:
    """Return the book, by title."""
    return list(PrintEntry.objects.order_by("title"))


def print_of(*, print_id: UUID) -> PrintEntry:
    """Return one print.

    Raises:
        ShowUnknown: the book has no such print.
    """
    found = PrintEntry.objects.filter(pk=print_id).first()
    if found is None:
        raise ShowUnknown(f"the print book has no print {print_id}")
    return found


def add_print(*, title: str, gauge: int, feet: Sequence[int], notes: str = "") -> PrintEntry:
    """Put a print into the book.

    Raises:
        ShowRefused: title, gauge or feet cannot be, or the title is there already.
    """
    return save_print(PrintEntry(), title=title, gauge=gauge, feet=feet, notes=notes)


def change_print(*, print_id: UUID, title: str, gauge: int, feet: Sequence[int], notes: str = "") -> PrintEntry:
    """Correct a print; shows that refer to it follow.

    Raises:
        ShowUnknown, ShowRefused: as above.
    """
    return save_print(print_of(print_id=print_id), title=title, gauge=gauge, feet=feet, notes=notes)


def save_print(entry: PrintEntry, *, title: str, gauge: int, feet: Sequence[int], notes: str) -> PrintEntry:
    """Store a print that is new or changed.

    Raises:
        ShowRefused: title, gauge or feet cannot be, or another print has the title.
    """
    title = title.strip()
    problems = programme_problems(title=title, gauge=gauge, feet=feet)
    if "\0" in notes:
        problems.append("the notes hold a NUL, which no text has")
    with transaction.atomic():
        if PrintEntry.objects.filter(title=title).exclude(pk=entry.pk).exists():
            problems.append(f"the book has a print called {title} already: give this one a title of its own")
        if problems:
            raise ShowRefused(*problems)
        entry.title, entry.gauge, entry.feet, entry.notes = title, gauge, list(feet), notes
        entry.save()
    return entry


def remove_print(*, print_id: UUID) -> None:
    """Take a print out of the book.

    Raises:
        ShowUnknown: it is not there.
        ShowRefused: shows refer to it.
    """
    entry = print_of(print_id=print_id)
    try:
        entry.delete()
    except ProtectedError as used:
        count = len(used.protected_objects)
        raise ShowRefused(f"{entry.title} is the print of {count} show{'s' if count > 1 else ''}: it stays") from used
