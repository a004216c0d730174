# SPDX-License-Identifier: Apache-2.0
"""API tokens: `prj_SITE_ID_SECRET`. Only the SHA-256 of the secret is kept; a token is good at its own site alone."""

import hashlib
import hmac
import secrets
import time

from django.db.models import QuerySet

from adapters.store.models import SiteEntry
from web.accounts.models import ApiToken
from web.accounts.scopes import Scope

PREFIX = "prj"
NAME_MOST = 80
_ID_BYTES, _SECRET_BYTES = 6, 24
_LONGEST = 160
_USE_NS = 60_000_000_000
"""A use is written down when the last one that was is older than this."""


class TokenRefused(ValueError):
    """A token that cannot be made, in words."""


def add_token(*, name: str, scope: Scope, made_by: str, expires_ns: int | None = None) -> tuple[ApiToken, str]:
    """Make a token of this site. Return its row and its text, which is shown this once.

    Raises:
        TokenRefused: no name or too long a one, a moment that has passed, or a site that has not been described.
    """
    site = SiteEntry.objects.first()
    if site is None:
        raise TokenRefused("The site has no name yet: start `projectionist web` once, then make tokens.")
    now_ns = time.time_ns()
    if not (name.strip() and name.isprintable() and len(name) <= NAME_MOST):
        raise TokenRefused(f"A token's name has 1 to {NAME_MOST} printable characters; it stands in the log.")
    if expires_ns is not None and expires_ns <= now_ns:
        raise TokenRefused("A token must expire in the future, or never.")
    secret = secrets.token_hex(_SECRET_BYTES)
    token = ApiToken.objects.create(
        id=secrets.token_hex(_ID_BYTES),
        site=site.id,
        name=name.strip(),
        scope=scope,
        secret_sha256=digest_of(secret),
        made_by=made_by,
        made_ns=now_ns,
        expires_ns=expires_ns,
    )
    return token, "_".join((PREFIX, token.site, token.id, secret))


def revoke_token(*, token_id: str) -> ApiToken | None:
    """Revoke a token for good and return it; None when there is none. The first revocation's moment is kept."""
    ApiToken.objects.filter(id=token_id, revoked_ns=None).update(revoked_ns=time.time_ns())
    return ApiToken.objects.filter(id=token_id).first()


def tokens() -> list[ApiToken]:
    """Return all tokens, newest first, revoked ones too."""
    return list(ApiToken.objects.order_by("-made_ns", "id"))


def token_of(*, text: str = "", token_id: str = "") -> ApiToken | None:
    """Return the good token of this text, or that of an id that was believed before; one query."""
    if token_id:
        found = _of_this_site(token_id).first()
        return found if found is not None and _is_good(found) else None
    parts = text.split("_") if len(text) <= _LONGEST and text.isascii() else []
    if len(parts) != 4 or parts[0] != PREFIX:
        return None
    _prefix, site, token_id, secret = parts
    found = _of_this_site(token_id).filter(site=site).first()
    # An unknown id costs the same work as a known one.
    same = hmac.compare_digest(found.secret_sha256 if found is not None else digest_of(""), digest_of(secret))
    if found is None or not same or not _is_good(found):
        return None
    return found


def note_use(*, token_id: str, noted_ns: int | None) -> None:
    """Write down that a token was used now, unless that was done within the last minute."""
    now_ns = time.time_ns()
    if noted_ns is None or now_ns - noted_ns > _USE_NS:
        ApiToken.objects.filter(id=token_id).update(used_ns=now_ns)


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hex: what is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _of_this_site(token_id: str) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(id=token_id, site__in=SiteEntry.objects.values("id"))


def _is_good(token: ApiToken) -> bool:
    return token.revoked_ns is None and (token.expires_ns is None or time.time_ns() < token.expires_ns)
