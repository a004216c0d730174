# SPDX-License-Identifier: Apache-2.0
"""Notes of shifts: written by operators, never edited, struck through by their author or an admin."""

from django.db.models import Q

from web.accounts.auth import Caller
from web.accounts.scopes import Scope
from web.api.shapes.note import NoteView
from web.sight.speech import ms, ms_or_none
from web.watch.models import ShiftNote

TEXT_MOST = 1000


class NoteRefused(ValueError):
    """A note that cannot be written, in words."""


class NotYours(PermissionError):
    """A note may be struck through by its author or an admin alone."""


def write_note(*, hall: str, text: str, at_ns: int, caller: Caller, now_ns: int) -> ShiftNote:
    """Write a note about a hall, or with an empty `hall` about the site.

    Raises:
        NoteRefused: no text, too long a one, or characters that nobody can read.
    """
    text = text.replace("\r\n", "\n").strip()
    if not 0 < len(text) <= TEXT_MOST:
        raise NoteRefused(f"A note has 1 to {TEXT_MOST} characters; this one has {len(text)}.")
    if not all(each.isprintable() or each in "\n\t" for each in text):
        raise NoteRefused("A note holds only what can be read: letters, signs, spaces and line ends.")
    return ShiftNote.objects.create(
        hall=hall, at_ns=at_ns, text=text, author=caller.actor, owner=_owner(caller), made_ns=now_ns
    )


def strike_note(*, note_id: int, caller: Caller, now_ns: int) -> ShiftNote | None:
    """Strike a note through and return it, None when there is none. Whoever did it first stays named.

    Raises:
        NotYours: the caller is neither its author nor an admin.
    """
    note = ShiftNote.objects.filter(id=note_id).first()
    if note is None:
        return None
    if caller.scope is not Scope.ADMIN and note.owner != _owner(caller):
        raise NotYours(f"Only {note.author} or an admin may strike this note through.")
    ShiftNote.objects.filter(id=note_id, struck_ns=None).update(struck_ns=now_ns, struck_by=caller.actor)
    note.refresh_from_db()
    return note


def notes(*, hall: str | None, from_ns: int, to_ns: int, before: int | None, limit: int) -> list[ShiftNote]:
    """Return notes about a time between two moments, newest first; `hall` None: of all halls and the site."""
    found = ShiftNote.objects.filter(at_ns__gte=from_ns, at_ns__lte=to_ns).order_by("-id")
    if hall is not None:
        found = found.filter(hall=hall)
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found[:limit])


def notes_about(*, hall: str, from_ns: int, to_ns: int) -> list[NoteView]:
    """Return what was noted about a hall, or about the whole site, for a time between two moments, oldest first."""
    about = ShiftNote.objects.filter(Q(hall=hall) | Q(hall=""), at_ns__gte=from_ns, at_ns__lte=to_ns)
    return [note_view(note) for note in about.order_by("at_ns", "id")]


def note_view(note: ShiftNote) -> NoteView:
    """Return a note as people see it."""
    return NoteView(
        id=note.id,
        hall=note.hall,
        at_ms=ms(note.at_ns),
        text=note.text,
        author=note.author,
        made_ms=ms(note.made_ns),
        struck_ms=ms_or_none(note.struck_ns),
        struck_by=note.struck_by,
    )


def _owner(caller: Caller) -> str:
    """Tell a person from a token of the same name."""
    return f"token:{caller.token}" if caller.token else f"user:{caller.actor}"
