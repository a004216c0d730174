# SPDX-License-Identifier: Apache-2.0
"""Middleware that keeps any one address from asking too often, and passwords from being guessed."""

import json
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from web.accounts import limits

_LOGINS = frozenset({"/login", "/admin/login/"})
_REQUESTS = re.compile(r"/api/v1/halls/[^/]+/requests")
_UNLIMITED = ("/static/", "/api/v1/health", "/api/v1/ready")
_BODY_MOST = 4096

Answer = Callable[[HttpRequest], HttpResponseBase]


class Limited:
    """Answers 429 with Retry-After to an address that asks too often."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        wait_s = 0 if request.path_info.startswith(_UNLIMITED) else _wait_s(request)
        return too_many(request, wait_s) if wait_s else self._answer(request)


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from: a proxy on this machine is believed about it."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def is_emergency_stop(request: HttpRequest) -> bool:
    """Say whether a hall is asked to stop at once: nothing may hold that back but the question who asks."""
    if request.method != "POST" or not _REQUESTS.fullmatch(request.path_info):
        return False
    if int(request.META.get("CONTENT_LENGTH") or 0) > _BODY_MOST:
        return False
    try:
        asked = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(asked, dict) and asked.get("verb") == "emergency_stop"


def too_many(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return 429 in the API's form, or as words on a page."""
    from web.api.errors import refusal  # it knows Ninja, which settings must not load

    words = f"Too many requests: try again in {wait_s} s."
    headers = {"Retry-After": str(wait_s)}
    if request.path_info.startswith("/api/"):
        return refusal(429, words, headers=headers)
    return HttpResponse(words, status=429, content_type="text/plain; charset=utf-8", headers=headers)


def _wait_s(request: HttpRequest) -> int:
    address = address_of(request)
    wait_s = limits.BY_ADDRESS.take(address)
    if request.method == "POST" and request.path_info in _LOGINS:
        name = request.POST.get("username", "")[:150].lower()
        wait_s = max(wait_s, limits.BY_LOGIN.take(f"address {address}"), limits.BY_LOGIN.take(f"name {name}"))
    return 0 if wait_s and is_emergency_stop(request) else wait_s
