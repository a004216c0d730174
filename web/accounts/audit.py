# SPDX-License-Identifier: Apache-2.0
"""The audit: who asked for what, and what came of it. Written once a deed, never changed."""

import json
import time
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from adapters.store.models import EventRow
from web.accounts.auth import SAFE, Asked
from web.accounts.models import AuditRow
from web.accounts.scopes import Scope

_WORDS_MOST = 500


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What a request wanted, and its outcome. A view that knows more than method and path puts one on its request."""

    action: str
    hall: str = ""
    detail: str = ""
    request: str = ""
    verdict: str = ""
    reason: str = ""
    actor: str = ""
    scope: Scope = Scope.VIEW
    written: bool = True
    """False: the database does not take anything now, so that it is not asked to."""


def note_deed(request: HttpRequest, deed: Deed) -> None:
    """Say what this request did, in more words than its method and path."""
    request.deed = deed  # type: ignore[attr-defined]  # Django's requests carry what middleware agrees on


def deed_of(request: HttpRequest, answer: HttpResponseBase) -> Deed | None:
    """Return what is to be written down: each deed above looking, and each refusal for want of a scope."""
    asked: Asked | None = getattr(request, "asked", None)
    if asked is None:
        return None
    if asked.refused:
        told = Deed(action=_action(request), verdict="refused", reason=asked.refused)
    elif request.method in SAFE or asked.needed == Scope.VIEW:
        return None
    else:
        told = getattr(request, "deed", None) or _plain(request, answer)
    if not told.written:
        return None
    return Deed(**(vars(told) | {"actor": asked.caller.actor, "scope": asked.caller.scope}))


def write_deed(deed: Deed) -> None:
    """Write one row."""
    AuditRow.objects.create(
        at_ns=time.time_ns(),
        actor=deed.actor,
        scope=deed.scope,
        action=deed.action,
        hall=deed.hall,
        detail=deed.detail[:_WORDS_MOST],
        request=deed.request,
        verdict=deed.verdict,
        reason=deed.reason[:_WORDS_MOST],
    )


def audit_rows(*, actor: str = "", hall: str = "", before: int | None = None, limit: int = 100) -> list[AuditRow]:
    """Return the newest rows, those of lower ids than `before`. A verdict that came later is filled in from the log."""
    rows = AuditRow.objects.order_by("-id")
    if actor:
        rows = rows.filter(actor=actor)
    if hall:
        rows = rows.filter(hall=hall)
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[:limit])
    open_ids = [row.request for row in found if row.request and not row.verdict]
    late = EventRow.objects.filter(request__in=open_ids).values_list("request", "verdict", "reason")
    verdicts = {request: (verdict, reason) for request, verdict, reason in late} if open_ids else {}
    for row in found:
        if not row.verdict:
            row.verdict, row.reason = verdicts.get(row.request, ("", row.reason))
    return found


def _action(request: HttpRequest) -> str:
    return f"{request.method} {request.path_info}"[:_WORDS_MOST]


def _plain(request: HttpRequest, answer: HttpResponseBase) -> Deed:
    ok = answer.status_code < 400
    return Deed(action=_action(request), verdict="done" if ok else "refused", reason="" if ok else _words(answer))


def _words(answer: HttpResponseBase) -> str:
    try:
        return str(json.loads(getattr(answer, "content", b""))["error"]["words"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"
