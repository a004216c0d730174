# SPDX-License-Identifier: Apache-2.0
"""A token is good at its own site, until it expires or is revoked; its secret is kept nowhere."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from adapters.store.models import SiteEntry
from tests.web.support.access import describe
from web.accounts.models import ApiToken
from web.accounts.scopes import Scope
from web.accounts.tokens import TokenRefused, add_token, revoke_token, token_of


@pytest.fixture
def made(state: Path) -> tuple[ApiToken, str]:
    describe()
    return add_token(name="wall screen", scope=Scope.VIEW, made_by="anna")


def test_a_new_token_is_known_by_its_text(made: tuple[ApiToken, str]) -> None:
    token, text = made
    assert text.startswith(f"prj_rialto_{token.id}_")
    known = token_of(text=text)
    assert known is not None
    assert (known.name, known.scope) == ("wall screen", Scope.VIEW)


def test_the_secret_is_kept_nowhere(made: tuple[ApiToken, str], state: Path) -> None:
    secret = made[1].rpartition("_")[2].encode()
    assert not [file for file in state.rglob("*") if file.is_file() and secret in file.read_bytes()]


@pytest.mark.parametrize(
    "change", [lambda t: t + "0", lambda t: t[:-1], lambda t: t.replace("rialto", "odeon"), str.upper]
)
def test_a_changed_token_is_not_known(made: tuple[ApiToken, str], change: Callable[[str], str]) -> None:
    assert token_of(text=change(made[1])) is None


def test_a_token_of_another_site_is_not_known_here(made: tuple[ApiToken, str]) -> None:
    SiteEntry.objects.update(id="odeon")
    assert token_of(text=made[1]) is None


def test_a_revoked_token_is_not_known_and_stays_revoked_since_the_first_time(made: tuple[ApiToken, str]) -> None:
    token, text = made
    first = revoke_token(token_id=token.id)
    again = revoke_token(token_id=token.id)
    assert first is not None
    assert again is not None
    assert first.revoked_ns == again.revoked_ns is not None
    assert token_of(text=text) is None
    assert token_of(token_id=token.id) is None


def test_an_expired_token_is_not_known(made: tuple[ApiToken, str]) -> None:
    ApiToken.objects.update(expires_ns=time.time_ns() - 1)
    assert token_of(text=made[1]) is None


@pytest.mark.parametrize("text", ["", "prj", "prj___", "x" * 5000, "prj_rialto_é_é", "\0"])
def test_what_is_no_token_is_not_known(state: Path, text: str) -> None:
    assert token_of(text=text) is None


@pytest.mark.parametrize(("name", "expires_ns"), [("", None), ("x" * 81, None), ("a\nb", None), ("fine", 1)])
def test_a_token_without_a_name_or_already_expired_is_refused(state: Path, name: str, expires_ns: int | None) -> None:
    describe()
    with pytest.raises(TokenRefused):
        add_token(name=name, scope=Scope.VIEW, made_by="anna", expires_ns=expires_ns)


def test_a_site_without_a_name_makes_no_tokens(state: Path) -> None:
    with pytest.raises(TokenRefused, match="projectionist web"):
        add_token(name="early", scope=Scope.VIEW, made_by="anna")


def test_a_tokens_use_is_noted_once_a_minute(made: tuple[ApiToken, str]) -> None:
    client = Client(headers={"Authorization": f"Bearer {made[1]}"})

    def used_ns() -> int:
        assert client.get("/api/v1/site").status_code == 200
        found = ApiToken.objects.get().used_ns
        assert found is not None
        return found

    first = used_ns()
    assert abs(time.time_ns() - first) < 10**10
    assert used_ns() == first
    ApiToken.objects.update(used_ns=first - 61 * 10**9)
    assert used_ns() >= first


def test_whoever_holds_one_learns_what_it_may_do(made: tuple[ApiToken, str]) -> None:
    asked = {"Authorization": f"Bearer {made[1]}", "X-On-Behalf-Of": "anna"}
    answer = Client().get("/api/v1/caller", headers=asked)
    assert answer.json() == {"actor": "anna (wall screen)", "scope": "view"}
    assert Client().get("/api/v1/caller").status_code == 401
