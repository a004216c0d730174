# SPDX-License-Identifier: Apache-2.0
"""The audit, for admins: who asked for what, and what came of it."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from web.accounts.audit import audit_rows
from web.accounts.auth import needs
from web.accounts.scopes import Scope
from web.api.errors import answers
from web.api.params import Cursor
from web.sight.speech import ms

router = Router(auth=needs(Scope.ADMIN))

_PAGE_MOST = 500


class AuditView(Schema):
    """One deed. `verdict` is the machine's for requests; else done or refused."""

    id: int
    at_ms: int
    actor: str = Field(examples=["anna"])
    scope: Scope
    action: str = Field(examples=["start"])
    hall: str = Field(examples=["h1"])
    detail: str
    request: str = Field(description="the operator request's id, or empty")
    verdict: str = Field(examples=["transition"])
    reason: str


class Audit(Schema):
    rows: list[AuditView]
    next: int | None = Field(description="goes into `before` for the page that follows, null when there is none")


@router.get("/audit", response=answers(Audit))
def audit(
    request: HttpRequest,
    actor: Annotated[str, Query(description="only this actor's", max_length=150, pattern=r"^[^\x00]*$")] = "",
    hall: Annotated[str, Query(description="only of this hall", pattern=r"^([a-z0-9]{1,16})?$")] = "",
    before: Annotated[Cursor | None, Query(description="only rows with lower ids")] = None,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MOST)] = 100,
) -> Audit:
    """Return the newest rows."""
    rows = audit_rows(actor=actor, hall=hall, before=before, limit=limit)
    views = [
        AuditView(
            id=row.id,
            at_ms=ms(row.at_ns),
            actor=row.actor,
            scope=Scope(row.scope),
            action=row.action,
            hall=row.hall,
            detail=row.detail,
            request=row.request,
            verdict=row.verdict,
            reason=row.reason,
        )
        for row in rows
    ]
    return Audit(rows=views, next=views[-1].id if len(views) == limit else None)
