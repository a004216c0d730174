# SPDX-License-Identifier: Apache-2.0
"""The log: in pages for people, as JSONL for engineers."""

import time
from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from adapters.store.lines import line_of
from adapters.store.selectors import log_items, records
from adapters.store.selectors_events import Page, Wanted, page_after, page_before
from adapters.store.selectors_now import newest_pos
from statemachines.words import Verdict
from web.api.errors import Refused, answers
from web.api.params import Cursor, HallId
from web.api.shapes.event import Events
from web.sight.event_view import event_view
from web.sight.site_view import directory

router = Router()
_LINES = 500


class EventsAsked(Schema):
    """Which rows; what is left out is not asked about."""

    hall: HallId | None = None
    kind: str | None = Field(None, pattern=r"^[a-z_]{1,64}$", description="kind of event, as show_started")
    verdict: Verdict | None = Field(None, description="what came of it")
    subject: str | None = Field(
        None, pattern=r"^[a-z]{1,16}(:[a-zA-Z0-9.]{1,64})?$", description="hall, session:ROLE, rollout or deploy:ID"
    )
    after: Cursor | None = None
    before: Cursor | None = None
    limit: int = Field(50, ge=1, le=500, description="rows a page")


@router.get("/events", response=answers(Events, 400))
def events(request: HttpRequest, asked: Query[EventsAsked]) -> Events:
    """Return a page of the log: the newest rows first; with `after` the rows behind that position, oldest first.

    `next` is the cursor of the page that follows, to be sent as `before` (or `after`). A page may hold fewer rows
    than its limit and have a next one: each looks through a bounded part of the log.
    """
    if asked.after is not None and asked.before is not None:
        raise Refused(400, "Send after or before, not both.")
    page = _page(asked, newest_pos())
    speech = directory().speech
    return Events(events=[event_view(row, speech) for row in page.records], next=page.next)


def _page(asked: EventsAsked, newest: int) -> Page:
    wanted = Wanted(
        hall=asked.hall or "", kind=asked.kind or "", verdict=asked.verdict or "", subject=asked.subject or ""
    )
    if asked.after is not None:
        return page_after(wanted=wanted, after=asked.after, limit=asked.limit, newest=newest)
    ahead = newest + 1 if asked.before is None else min(asked.before, newest + 1)
    return page_before(wanted=wanted, before=ahead, limit=asked.limit)


_JSONL = {
    "responses": {
        200: {
            "description": "A line a row, oldest first; without `after`, checkpoints of pruned streams lead.",
            "content": {"application/jsonl": {"schema": {"type": "string"}}},
        }
    }
}


@router.get("/events.jsonl", response=answers(None), openapi_extra=_JSONL)
def events_jsonl(
    request: HttpRequest, hall: Query[HallId | None] = None, after: Query[Cursor | None] = None
) -> StreamingHttpResponse:
    """Download the log, or one hall's, with every field and exact times: what projectionist log import takes."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return StreamingHttpResponse(
        _lines(hall, after),
        content_type="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{hall or "log"}-{stamp}.jsonl"'},
    )


async def _lines(hall: str | None, after: int | None) -> AsyncIterator[bytes]:
    """Yield the lines some at a time; each part is read on the request's own thread."""
    items = log_items(stream=hall) if after is None else records(stream=hall, after_pos=after)
    lines = map(line_of, items)
    while part := await sync_to_async(_some)(lines):
        yield part


def _some(lines: Iterator[bytes]) -> bytes:
    return b"".join(islice(lines, _LINES))
