# SPDX-License-Identifier: Apache-2.0
"""Who asks, as the server sees them."""

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from web.accounts.auth import caller_of
from web.accounts.scopes import Scope
from web.api.errors import answers

router = Router()


class CallerView(Schema):
    """The name that the log and the audit would have, and what its bearer may do."""

    actor: str = Field(examples=["anna (wordpress)"])
    scope: Scope


@router.get("/caller", response=answers(CallerView))
def caller(request: HttpRequest) -> CallerView:
    """Tell whoever asks what they may do, so that a program knows it before somebody presses a button in it."""
    known = caller_of(request)
    return CallerView(actor=known.actor, scope=Scope(known.scope))
