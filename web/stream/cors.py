# SPDX-License-Identifier: Apache-2.0
"""Pages of other sites that may read the API: those of the origins that were named, and with a token or ticket only.

Cookies are never allowed across origins: no answer carries Access-Control-Allow-Credentials.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

_API = "/api/v1/"
_TICKETS = "/api/v1/stream/tickets"
_REMEMBERED_S = "600"

Answer = Callable[[HttpRequest], HttpResponseBase]


class NamedOrigins:
    """Middleware: answers preflights of the API, and lets named origins read what it says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(_API):
            return self._answer(request)
        origin = request.headers.get("Origin", "")
        asked = request.headers.get("Access-Control-Request-Method", "")
        is_preflight = request.method == "OPTIONS" and bool(origin and asked)
        answer = HttpResponse(status=204) if is_preflight else self._answer(request)
        patch_vary_headers(answer, ["Origin"])
        method = asked if is_preflight else request.method or ""
        if origin in settings.ORIGINS and _may(method, request.path_info):
            answer["Access-Control-Allow-Origin"] = origin
            if is_preflight:
                answer["Access-Control-Allow-Methods"] = method
                answer["Access-Control-Allow-Headers"] = "authorization, content-type, last-event-id"
                answer["Access-Control-Max-Age"] = _REMEMBERED_S
        return answer


def _may(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") or (method == "POST" and path == _TICKETS)
