# SPDX-License-Identifier: Apache-2.0
"""Middleware: headers that keep browsers from doing what no page of ours needs, and the login before every page."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import override

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_PERMISSIONS = ", ".join(
    f"{name}=()" for name in "camera display-capture geolocation microphone midi payment serial usb".split()
)
_OWN_GUARD = ("/api/", "/metrics")
"""What lies here answers 401 by itself: a program has no use for a login page."""

Answer = Callable[[HttpRequest], HttpResponseBase]


class Headers:
    """Puts the security headers on every answer that Django's own middleware does not know."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._answer(request)
        answer.headers.setdefault("Content-Security-Policy", _POLICY)
        answer.headers.setdefault("Permissions-Policy", _PERMISSIONS)
        if not request.path_info.startswith("/static/"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer


class LoginFirst(LoginRequiredMiddleware):
    """Sends whoever is not logged in to /login, from every page that does not say otherwise."""

    @override
    def process_view(self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any) -> Any:
        if request.path_info.startswith(_OWN_GUARD):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
