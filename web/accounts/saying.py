# SPDX-License-Identifier: Apache-2.0
"""Middleware: one line for each request, and a row in the audit for each deed. Neither ever holds a query string."""

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from web.accounts.limiting import address_of, is_emergency_stop

_say = structlog.get_logger("access")
_UNSAID = ("/static/", "/api/v1/health")

Answer = Callable[[HttpRequest], HttpResponseBase]


class AccessLine:
    """Says who asked for what, and how it was answered. Files and the question whether we live are not said."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        answer = self._answer(request)
        if not request.path_info.startswith(_UNSAID):
            _say.info(
                "request",
                method=request.method,
                path=request.path_info,
                status=answer.status_code,
                ms=round((time.perf_counter() - began) * 1000),
                who=_who(request),
                address=address_of(request),
            )
        return answer


class Audited:
    """Writes down what was done, and what was refused, by callers that `web.accounts.auth` knew."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._answer(request)
        try:
            _write(request, answer)
        except DatabaseError as wrong:  # what was done is done: it must not look as if it had not been
            _say.error("deed_not_written_down", who=_who(request), path=request.path_info, why=str(wrong))
        return answer


def _write(request: HttpRequest, answer: HttpResponseBase) -> None:
    from web.accounts.audit import deed_of, write_deed  # they know models, and settings must not load them
    from web.accounts.tokens import note_use

    caller = getattr(request, "caller", None)
    if caller is not None and caller.token and not is_emergency_stop(request):  # that one waits for no database
        note_use(token_id=caller.token, noted_ns=caller.used_ns)
    deed = deed_of(request, answer)
    if deed is not None:
        write_deed(deed)


def _who(request: HttpRequest) -> str:
    """Return the caller's name where a view asked for it; nobody is asked for only to be named here."""
    caller = getattr(request, "caller", None)
    return caller.actor if caller is not None else "-"
