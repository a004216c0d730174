# SPDX-License-Identifier: Apache-2.0
"""Tickets for the stream. Only the SHA-256 of a ticket is kept; whoever comes first with it has used it up."""

import secrets
import time

from web.accounts.auth import Caller
from web.accounts.models import StreamTicket
from web.accounts.scopes import Scope
from web.accounts.tokens import digest_of

LIFE_NS = 60_000_000_000
_BYTES = 24


def issue_ticket(*, caller: Caller) -> tuple[str, int]:
    """Return a new ticket and when it expires (ns). It opens the stream as this caller would."""
    now_ns = time.time_ns()
    StreamTicket.objects.filter(expires_ns__lte=now_ns).delete()
    text = secrets.token_urlsafe(_BYTES)
    StreamTicket.objects.create(
        ticket_sha256=digest_of(text),
        actor=caller.actor,
        scope=caller.scope,
        token=caller.token,
        session=caller.session,
        expires_ns=now_ns + LIFE_NS,
    )
    return text, now_ns + LIFE_NS


def use_ticket(*, text: str) -> Caller | None:
    """Return for whom a ticket was issued, and use it up; None when it is not, or no longer, good."""
    good = StreamTicket.objects.filter(ticket_sha256=digest_of(text), expires_ns__gt=time.time_ns())
    ticket = good.first()
    # Of two who hold the same ticket one deletes the row.
    if ticket is None or good.delete()[0] == 0:
        return None
    return Caller(actor=ticket.actor, scope=Scope(ticket.scope), token=ticket.token, session=ticket.session)
