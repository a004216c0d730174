# SPDX-License-Identifier: Apache-2.0
"""Every refusal of the API in its one form, `ErrorAnswer`, and the statuses that a route documents."""

from collections.abc import Mapping
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError

from adapters.store.errors import LogMalformed
from web.api.shapes.error import ErrorAnswer, Trouble

_CODES = {
    400: "bad_request",
    401: "no_login",
    403: "not_allowed",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    415: "wrong_type",
    422: "not_valid",
    429: "too_many",
    503: "unavailable",
}
_BARE = {"Unauthorized": "Log in first, or send a token of this site."}
"""Words of Ninja's own that are no sentence."""
_UNREADABLE = "Cannot parse request body"
"""What Ninja says, with 400, of a body that is no JSON: here it is one of the bodies that cannot be read."""
_TOLD_MOST = 8


class Refused(Exception):
    """Ends a request with a status, a code for programs and a sentence for people."""

    def __init__(self, status: int, words: str, code: str = "") -> None:
        self.status, self.words, self.code = status, words, code or _CODES[status]
        super().__init__(words)


def answers(shape: Any, *more: int, ok: int = 200) -> dict[int, Any]:
    """Return what a guarded route documents: its shape, and the refusals that any such route may give."""
    return {ok: shape} | dict.fromkeys((401, 403, 422, 429, 503, *more), ErrorAnswer)


def refusal(status: int, words: str, code: str = "", headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer in the one form; also for views that are not Ninja's."""
    answer = ErrorAnswer(error=Trouble(code=code or _CODES.get(status, "refused"), words=words))
    return HttpResponse(
        answer.model_dump_json(), status=status, content_type="application/json", headers=dict(headers or {})
    )


def handle_errors(api: NinjaAPI) -> None:
    """Have this API give every refusal in the one form. (Ninja's type of a handler fits none: hence `Any` below.)"""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(ValidationError, _not_valid)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(LogMalformed, _malformed)
    for lost in (OperationalError, InterfaceError):
        api.add_exception_handler(lost, _no_database)


def _refused(request: HttpRequest, wrong: Any) -> HttpResponse:
    return refusal(wrong.status, wrong.words, wrong.code)


def _http_error(request: HttpRequest, wrong: Any) -> HttpResponse:
    if str(wrong).startswith(_UNREADABLE):
        return refusal(422, "The body cannot be read: it must be JSON in UTF-8.")
    wait = wrong.wait if isinstance(wrong, Throttled) else None
    words = _BARE.get(str(wrong), str(wrong))
    return refusal(wrong.status_code, words, headers={} if wait is None else {"Retry-After": str(wait)})


def _not_valid(request: HttpRequest, wrong: Any) -> HttpResponse:
    told = [f"{_place(each.get('loc', ()))}: {each.get('msg', 'not valid')}" for each in wrong.errors[:_TOLD_MOST]]
    return refusal(422, "; ".join(told) or "This cannot be read.")


def _place(loc: Any) -> str:
    parts = [str(part) for part in loc]
    return ".".join(parts[1:] or parts) or "request"


def _not_found(request: HttpRequest, wrong: Any) -> HttpResponse:
    return refusal(404, str(wrong) or "There is no such thing here.")


def _malformed(request: HttpRequest, wrong: Any) -> HttpResponse:
    return refusal(503, f"The log cannot be read: {wrong}", "log_malformed")


def _no_database(request: HttpRequest, wrong: Any) -> HttpResponse:
    return refusal(503, "The database does not answer. Try again; if it stays so, run projectionist doctor.")
