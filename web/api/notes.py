# SPDX-License-Identifier: Apache-2.0
"""Notes of shifts."""

import time
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from web.accounts.auth import caller_of, needs
from web.accounts.scopes import Scope
from web.api.errors import Refused, answers
from web.api.halls import no_such_hall
from web.api.params import Cursor, Moment
from web.api.shapes.note import Notes, NoteView
from web.sight.site_view import hall_ids
from web.sight.speech import MS
from web.watch.notes import TEXT_MOST, NoteRefused, NotYours, note_view, notes, strike_note, write_note

router = Router()

SomeHall = Annotated[str, Field(pattern=r"^([a-z0-9]{1,16})?$", description="a hall's id; empty: the whole site")]
_EVER_MS = (2**63 - 1) // MS


class NewNote(Schema):
    """A note to be written. Without `at_ms` it is about now."""

    hall: SomeHall = Field(default="", examples=["h1"])
    text: str = Field(min_length=1, max_length=TEXT_MOST, examples=["Reel 2 has a bad splice near its end."])
    at_ms: Moment | None = None


class Which(Schema):
    """Which notes are asked for."""

    hall: SomeHall | None = Field(default=None, description="only of this hall; empty: only of the whole site")
    from_ms: Moment = Field(default=0, description="about this moment or a later one")
    to_ms: Moment = Field(default=_EVER_MS, description="about this moment or an earlier one")
    before: Cursor | None = Field(default=None, description="notes with lower ids: `next` of a page")
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/notes", response=answers(Notes, 404))
def read_notes(request: HttpRequest, which: Query[Which]) -> Notes:
    """Return notes, newest first; those that were struck through are among them."""
    if which.hall and which.hall not in hall_ids():
        raise no_such_hall(which.hall)
    found = notes(
        hall=which.hall,
        from_ns=which.from_ms * MS,
        to_ns=which.to_ms * MS,
        before=which.before,
        limit=which.limit,
    )
    return Notes(notes=[note_view(note) for note in found], next=found[-1].id if len(found) == which.limit else None)


@router.post("/notes", auth=needs(Scope.OPERATE), response=answers(NoteView, 404))
def add_note(request: HttpRequest, body: NewNote) -> NoteView:
    """Write a note. It can never be edited, only struck through."""
    if body.hall and body.hall not in hall_ids():
        raise no_such_hall(body.hall)
    now_ns = time.time_ns()
    at_ns = now_ns if body.at_ms is None else body.at_ms * MS
    try:
        note = write_note(hall=body.hall, text=body.text, at_ns=at_ns, caller=caller_of(request), now_ns=now_ns)
    except NoteRefused as wrong:
        raise Refused(422, str(wrong)) from wrong
    return note_view(note)


@router.post("/notes/{note}/strike", auth=needs(Scope.OPERATE), response=answers(NoteView, 404))
def strike(request: HttpRequest, note: Annotated[int, Path(ge=1, le=2**53)]) -> NoteView:
    """Strike a note through, as its author or an admin. A second time changes nothing."""
    try:
        struck = strike_note(note_id=note, caller=caller_of(request), now_ns=time.time_ns())
    except NotYours as wrong:
        raise Refused(403, str(wrong)) from wrong
    if struck is None:
        raise Refused(404, f"There is no note {note} here.")
    return note_view(struck)
