# SPDX-License-Identifier: Apache-2.0
"""The schedule: shows planned, changed, cancelled, and taken from files."""

import time
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from adapters.store import shows as schedule
from adapters.store.models import ShowEntry
from adapters.store.show_files.importing import FileKind, import_file
from adapters.store.show_files.raw import BYTES_MOST
from adapters.store.site import opened_state
from adapters.store.wake import tell_schedule_changed
from web.accounts.auth import caller_of, needs
from web.accounts.scopes import Scope
from web.api.errors import Refused, answers
from web.api.params import HallId, Moment
from web.api.shapes.error import ErrorAnswer
from web.api.shapes.show import (
    ImportOutcome,
    ImportRefused,
    ImportTrouble,
    NewShow,
    ShowChange,
    ShowList,
    ShowView,
)
from web.schedule.refusals import told
from web.schedule.views_of import bad_rows, changed_draft, new_draft, show_views
from web.sight.speech import MS

router = Router()
_DAY_MS = 86_400_000
_FILES = {kind.value: {"schema": {"type": "string"}} for kind in FileKind}


@router.get("/shows", response=answers(ShowList))
def shows(
    request: HttpRequest,
    from_ms: Query[Moment | None] = None,
    to_ms: Query[Moment | None] = None,
    hall: Query[HallId | None] = None,
) -> ShowList:
    """Return the shows that start between two moments, cancelled ones too; by default a day back and a week ahead."""
    now_ns = time.time_ns()
    from_ns = now_ns - _DAY_MS * MS if from_ms is None else from_ms * MS
    to_ns = now_ns + 7 * _DAY_MS * MS if to_ms is None else to_ms * MS
    found = schedule.shows(from_ns=from_ns, to_ns=to_ns, hall=hall or "")
    return ShowList(shows=show_views(found, now_ns))


@router.post("/shows", response=answers(ShowView, 404, ok=201), auth=needs(Scope.OPERATE))
def plan_show(request: HttpRequest, asked: NewShow) -> Status[ShowView]:
    """Plan a show. A hall that is not here, a gauge that it cannot run, the past and an overlap are refused."""
    now_ns = time.time_ns()
    with told():
        made = schedule.plan_show(draft=new_draft(asked), by=caller_of(request).actor, now_ns=now_ns)
    return Status(201, _told_of(made, now_ns))


@router.post(
    "/shows/import",
    response={**answers(ImportOutcome, 413, 415), 422: ImportRefused | ErrorAnswer},
    auth=needs(Scope.OPERATE),
    openapi_extra={"requestBody": {"required": True, "content": _FILES}},
)
def import_shows(request: HttpRequest, partial: Query[bool] = False) -> ImportOutcome | Status[ImportRefused]:
    """Plan the shows of an iCalendar or CSV file: all or none, or with `partial` the good ones; bad rows are named."""
    now_ns = time.time_ns()
    kind = _kind_of(request)
    with told():
        made = import_file(kind=kind, data=request.body, partial=partial, by=caller_of(request).actor, now_ns=now_ns)
    bad = bad_rows(made.problems)
    if bad and not partial:
        words = f"{len(bad)} of the file's rows cannot be planned, so none was: mend them, or ask for the good ones."
        return Status(422, ImportRefused(error=ImportTrouble(code="import_refused", words=words, rows=bad)))
    tell_schedule_changed(opened_state())
    return ImportOutcome(planned=show_views(made.planned, now_ns), unchanged=made.unchanged, bad=bad)


@router.get("/shows/{show_id}", response=answers(ShowView, 404))
def one_show(request: HttpRequest, show_id: UUID) -> ShowView:
    """Return one show."""
    with told():
        found = schedule.show_of(show_id=show_id)
    return show_views([found], time.time_ns())[0]


@router.patch("/shows/{show_id}", response=answers(ShowView, 404), auth=needs(Scope.OPERATE))
def change_show(request: HttpRequest, show_id: UUID, asked: ShowChange) -> ShowView:
    """Change a show that has not begun."""
    now_ns = time.time_ns()
    with told():
        draft = changed_draft(schedule.show_of(show_id=show_id), asked)
        changed = schedule.change_show(show_id=show_id, draft=draft, now_ns=now_ns)
    return _told_of(changed, now_ns)


@router.delete("/shows/{show_id}", response=answers(ShowView, 404), auth=needs(Scope.OPERATE))
def cancel_show(request: HttpRequest, show_id: UUID) -> ShowView:
    """Cancel a show that has not begun; sessions that were opened for it close. It stays in the list as cancelled."""
    now_ns = time.time_ns()
    with told():
        cancelled = schedule.cancel_show(show_id=show_id, now_ns=now_ns)
    return _told_of(cancelled, now_ns)


def _told_of(entry: ShowEntry, now_ns: int) -> ShowView:
    """The runtime hears of a change at once, the caller how it stands now."""
    tell_schedule_changed(opened_state(), entry.hall)
    return show_views([entry], now_ns)[0]


def _kind_of(request: HttpRequest) -> FileKind:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > BYTES_MOST:
        raise Refused(413, f"The file is larger than {BYTES_MOST} bytes: import it in parts.")
    kind = request.content_type or ""
    if kind not in tuple(FileKind):
        raise Refused(415, f"Send {' or '.join(FileKind)}, not {kind or 'nothing'}.")
    return FileKind(kind)
