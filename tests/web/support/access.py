# SPDX-License-Identifier: Apache-2.0
"""Tokens and users for tests. Used after the fixture `state`."""

from functools import cache

from django.contrib.auth.hashers import make_password

from adapters.store.directory import describe_site
from adapters.store.models import HallEntry, SiteEntry
from web.accounts.models import User
from web.accounts.scopes import Scope
from web.accounts.tokens import add_token, note_use


def describe(site: str = "rialto", halls: tuple[str, ...] = ("h1", "h2")) -> None:
    """Give the site a name, if it has none: tokens are bound to it."""
    if not SiteEntry.objects.exists():
        entries = [
            HallEntry(id=hall, name=f"Hall {hall[1:]}", projection=f"{hall}p", sound=f"{hall}s") for hall in halls
        ]
        describe_site(site=SiteEntry(id=site, name=site.title()), halls=entries, servers=[])


def bearer(scope: Scope = Scope.VIEW, name: str = "") -> dict[str, str]:
    """Return the header of a new token, as `django.test.Client(headers=…)` takes it."""
    describe()
    token, text = add_token(name=name or f"{scope} token", scope=scope, made_by="test")
    note_use(token_id=token.id, noted_ns=None)  # so that requests of a test write nothing down of it
    return {"Authorization": f"Bearer {text}"}


def person(scope: Scope = Scope.VIEW, name: str = "anna") -> User:
    """Return a new user, for `Client.force_login`."""
    return User.objects.create(username=name, password=_hashed("a long password"), scope=scope)


@cache
def _hashed(password: str) -> str:
    """Hash as the web does, which takes long on purpose, but once for all tests."""
    return make_password(password)
