# SPDX-License-Identifier: Apache-2.0
"""Operator requests: what a person asks of a hall, or of the site, and what came of it."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from web.accounts.auth import needs
from web.accounts.scopes import Scope
from web.api.asked import asked_of
from web.api.errors import Refused, answers
from web.api.halls import no_such_hall
from web.api.params import HallId
from web.api.shapes.request import RequestView
from web.asking.selectors import request_view
from web.sight.site_view import hall_ids

router = Router()

Argument = Annotated[str, Field(min_length=1, max_length=64)]


class HallRequest(Schema):
    """What is asked. With an `id` of its own a request that is sent twice is one request."""

    id: UUID | None = None
    verb: str = Field(
        description="start, stop, rewind, acknowledge ALARM, reset, shelve ALARM MINUTES or emergency_stop",
        examples=["start"],
        max_length=32,
    )
    args: list[Argument] = Field(default=[], max_length=4, examples=[[]])


class SiteRequest(Schema):
    """What is asked of the whole site: `keys rotate`, `keys revoke SERIAL` or `log prune …`."""

    id: UUID | None = None
    verb: str = Field(examples=["keys"], max_length=32)
    args: list[Argument] = Field(examples=[["rotate"]], max_length=4)


@router.post("/halls/{hall}/requests", auth=needs(Scope.OPERATE), response=answers(RequestView, 404, 409))
def ask_hall(request: HttpRequest, hall: Path[HallId], body: HallRequest) -> RequestView:
    """Ask a hall, and wait at most 1 s for the verdict of its machine. An emergency stop is sent before all else."""
    if hall not in hall_ids():
        raise no_such_hall(hall)
    return asked_of(request, hall=hall, verb=body.verb, args=body.args, request_id=body.id)


@router.post("/site/requests", auth=needs(Scope.ADMIN), response=answers(RequestView, 409))
def ask_site(request: HttpRequest, body: SiteRequest) -> RequestView:
    """Ask the site: rotate all keys, or revoke one."""
    return asked_of(request, verb=body.verb, args=body.args, request_id=body.id)


@router.get("/requests/{request_id}", response=answers(RequestView, 404))
def one_request(request: HttpRequest, request_id: UUID) -> RequestView:
    """Return how far a request is."""
    found = request_view(request_id=request_id)
    if found is None:
        raise Refused(404, f"Nobody asked a request {request_id} here.")
    return found
