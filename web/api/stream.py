# SPDX-License-Identifier: Apache-2.0
"""The way into the live stream. Who may look is asked here; `web.stream.app` carries the connection."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Header, Query, Router
from ninja.errors import AuthenticationError
from ninja.security import APIKeyQuery
from typing_extensions import override

from web.accounts.auth import Caller, caller_of, needs
from web.accounts.scopes import Scope
from web.api.errors import answers
from web.api.halls import no_such_hall
from web.api.params import Cursor
from web.sight.site_view import hall_ids
from web.sight.speech import ms
from web.stream.admission import Admission
from web.stream.shapes import Ticket
from web.stream.tickets import issue_ticket, use_ticket

router = Router()

_SAYS = """Server-sent events: `hello` {site, halls, gap}, `rows` {events, halls}, `beat` {site, halls}, \
`bye` {reason, resume}. `id:` is always a position of the log: whoever comes again with it as Last-Event-ID, or as \
last_event_id=, gets every row after it, once and in order. See docs/explanation/live-stream.md."""
_EXAMPLE = 'id: 48211\nevent: bye\ndata: {"reason":"The server ends: come again in a moment.","resume":48211}\n\n'
_STREAM = {
    "description": "The stream; it ends after `bye`.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
}


class TicketAuth(APIKeyQuery):
    """A single-use ticket from POST /stream/tickets, for browsers: an EventSource sends no header of ours."""

    param_name = "ticket"

    @override
    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        if key is None:
            return None
        caller = use_ticket(text=key)
        if caller is None:
            raise AuthenticationError(401, "This ticket was used before or is older than 60 s: get a new one.")
        request.caller = caller  # type: ignore[attr-defined]  # where `caller_of` and the access log look
        return caller


@router.post("/stream/tickets", response=answers(Ticket))
def make_ticket(request: HttpRequest) -> Ticket:
    """Return a ticket that opens the stream once within 60 s, as whoever asks for it. It ends with their login."""
    text, expires_ns = issue_ticket(caller=caller_of(request))
    return Ticket(ticket=text, expires_ms=ms(expires_ns))


_REFUSALS = {status: shape for status, shape in answers(None, 404).items() if status != 200}


@router.get(
    "/stream",
    auth=[TicketAuth(), *needs(Scope.VIEW)],
    response=_REFUSALS,
    description=_SAYS,
    openapi_extra={"responses": {200: _STREAM}},
)
def stream(
    request: HttpRequest,
    last_event_id: Annotated[Cursor | None, Query(description="the last `id:` that came")] = None,
    again: Annotated[Cursor | None, Header(alias="Last-Event-ID", description="the same, from an EventSource")] = None,
    hall: Annotated[str, Query(description="only this hall", pattern=r"^([a-z0-9]{1,16})?$")] = "",
) -> HttpResponse:
    """Admit a viewer. The header counts more than the parameter: a browser that comes again repeats the old address."""
    if hall and hall not in hall_ids():
        raise no_such_hall(hall)
    return Admission(caller=caller_of(request), hall=hall, cursor=last_event_id if again is None else again)
