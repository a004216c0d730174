# SPDX-License-Identifier: Apache-2.0
"""Who calls, and whether they may: a Bearer token of this site, or a person's session.

`Router(auth=needs(Scope.VIEW))` guards a route; inside it `caller_of(request)` tells who asks.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, Throttled
from ninja.security import HttpBearer
from ninja.security.base import AuthBase
from ninja.utils import check_csrf
from typing_extensions import override

from web.accounts import limits
from web.accounts.limiting import address_of, is_emergency_stop
from web.accounts.models import User
from web.accounts.scopes import Scope, allows
from web.accounts.tokens import token_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
_BEARER = "bearer "
PERSON = "X-On-Behalf-Of"
"""The header in which a program names the person whom it asks for, percent-encoded."""
_PERSON_MOST = 80


@dataclass(frozen=True)
class Caller:
    """Who asks: the user's or the token's name, as the log has it, and what they may do.

    `token` is the token's id, `session` the session's key: one of them is there. `used_ns`: when a use of the token was
    last written down.
    """

    actor: str
    scope: Scope
    token: str = ""
    session: str = field(default="", repr=False)
    used_ns: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Asked:
    """What a guarded route needed of its caller; `refused` says why they may not, or is empty."""

    caller: Caller
    needed: Scope
    refused: str = ""


def needs(scope: Scope) -> list[AuthBase]:
    """Return what Ninja asks before a route: 401 for nobody, 403 for somebody whose scope does not allow it."""
    return [TokenAuth(scope), SessionAuth(scope)]


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls, by token or session; also for views that are not Ninja's.

    A session is believed for an unsafe method only with its CSRF token.

    Raises:
        AuthenticationError: nobody, or a token that is not or no longer good (401).
        AuthorizationError: a session without its CSRF token (403).
        HttpError: a program names a person by what is no name (400).
        Throttled: they, or guesses from their address, come too often (429).
    """
    known = getattr(request, "caller", None)
    if isinstance(known, Caller):
        return known
    header = request.headers.get("Authorization", "")
    by_token = header.lower().startswith(_BEARER)
    found = _by_token(request, header[len(_BEARER) :].strip()) if by_token else _by_session(request)
    if found is None:
        raise AuthenticationError(401, "Log in first, or send a token of this site.")
    return found


def require_scope(caller: Caller, needed: Scope) -> Caller:
    """Return the caller who may do what needs this scope.

    Raises:
        AuthorizationError: they may not (403).
    """
    if not allows(caller.scope, needed):
        raise AuthorizationError(403, f"{caller.actor} {Scope(caller.scope).label}; this needs the scope {needed}.")
    return caller


def still_holds(caller: Caller, needed: Scope) -> bool:
    """Ask again whether a caller of some time ago may still do this: a revoked token or an ended session may not."""
    if caller.token:
        token = token_of(token_id=caller.token)
        return token is not None and allows(Scope(token.scope), needed)
    from django.contrib.auth import get_user  # it needs apps that are ready
    from django.contrib.sessions.backends.db import SessionStore

    request = HttpRequest()
    request.session = SessionStore(caller.session)
    user = get_user(request)
    return isinstance(user, User) and allows(user.holds, needed)


def _by_token(request: HttpRequest, text: str) -> Caller:
    token = token_of(text=text)
    if token is None:
        _limit(request, limits.BY_FAILURE, address_of(request))
        raise AuthenticationError(401, "This token is not known here, or it is revoked or has expired.")
    actor = _named(token.name, request.headers.get(PERSON, ""))
    return _known(request, Caller(actor=actor, scope=Scope(token.scope), token=token.id, used_ns=token.used_ns))


def _named(token: str, person: str) -> str:
    """Return the name for the log. The token's own stays in it: a program cannot pass for somebody who logged in."""
    if not person:
        return token
    name = unquote(person, errors="replace").strip()
    if not (name and name.isprintable() and len(name) <= _PERSON_MOST):
        raise HttpError(400, f"{PERSON} names a person with 1 to {_PERSON_MOST} printable characters.")
    return f"{name} ({token})"


def _by_session(request: HttpRequest) -> Caller | None:
    user = request.user
    if not isinstance(user, User):
        return None
    if request.method not in SAFE and check_csrf(request):
        raise AuthorizationError(403, "The page is too old to be believed: load it again.")
    session = request.session.session_key or ""
    return _known(request, Caller(actor=user.get_username(), scope=user.holds, session=session))


def _known(request: HttpRequest, caller: Caller) -> Caller:
    """Keep the caller for whoever asks next, and count what they ask."""
    request.caller = caller  # type: ignore[attr-defined]  # Django's requests carry what their users agree on
    _limit(request, limits.BY_CALLER, caller.token or f"user {caller.actor}")
    return caller


def _limit(request: HttpRequest, buckets: limits.Buckets, key: str) -> None:
    wait_s = buckets.take(key)
    if wait_s and not is_emergency_stop(request):
        raise Throttled(wait_s)


def _allowed(request: HttpRequest, caller: Caller, needed: Scope) -> Caller:
    """Let a caller through, or not; the audit hears of both."""
    try:
        require_scope(caller, needed)
    except AuthorizationError as wrong:
        request.asked = Asked(caller, needed, str(wrong))  # type: ignore[attr-defined]
        raise
    request.asked = Asked(caller, needed)  # type: ignore[attr-defined]
    return caller


class TokenAuth(HttpBearer):
    """`Authorization: Bearer prj_SITE_ID_SECRET`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        super().__init__()

    @override
    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        return _allowed(request, _by_token(request, token.strip()), self._scope)


class SessionAuth(AuthBase):
    """A person who has logged in on the page."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = "sessionid"

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        super().__init__()

    @override
    def __call__(self, request: HttpRequest) -> Any:
        found = _by_session(request)
        return _allowed(request, found, self._scope) if found is not None else None
