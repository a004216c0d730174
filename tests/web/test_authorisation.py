# SPDX-License-Identifier: Apache-2.0
"""Who may do what, as a table over all routes that there are: one without a row here fails."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.web.support.access import bearer, describe, person
from web.accounts import limits
from web.accounts.models import ApiToken
from web.accounts.people import set_password, set_scope
from web.accounts.scopes import Scope, allows
from web.accounts.tokens import add_token
from web.api.api import api
from web.asking import services

OPEN = None
"""Answers whoever asks."""
ID = "0a0a0a0a-0000-4000-8000-000000000000"
TABLE: dict[tuple[str, str], Scope | None] = {
    ("GET", "/api/v1/health"): OPEN,
    ("GET", "/api/v1/ready"): OPEN,
    ("GET", "/api/v1/site"): Scope.VIEW,
    ("GET", "/api/v1/caller"): Scope.VIEW,
    ("GET", "/api/v1/halls"): Scope.VIEW,
    ("GET", "/api/v1/halls/{hall}"): Scope.VIEW,
    ("GET", "/api/v1/halls/{hall}/graph"): Scope.VIEW,
    ("GET", "/api/v1/halls/{hall}/at"): Scope.VIEW,
    ("GET", "/api/v1/halls/{hall}/past"): Scope.VIEW,
    ("GET", "/api/v1/sessions"): Scope.VIEW,
    ("GET", "/api/v1/reels"): Scope.VIEW,
    ("GET", "/api/v1/alarms"): Scope.VIEW,
    ("GET", "/api/v1/events"): Scope.VIEW,
    ("GET", "/api/v1/events.jsonl"): Scope.VIEW,
    ("GET", "/api/v1/shows"): Scope.VIEW,
    ("POST", "/api/v1/shows"): Scope.OPERATE,
    ("POST", "/api/v1/shows/import"): Scope.OPERATE,
    ("GET", "/api/v1/shows/{show_id}"): Scope.VIEW,
    ("PATCH", "/api/v1/shows/{show_id}"): Scope.OPERATE,
    ("DELETE", "/api/v1/shows/{show_id}"): Scope.OPERATE,
    ("GET", "/api/v1/prints"): Scope.VIEW,
    ("POST", "/api/v1/prints"): Scope.OPERATE,
    ("GET", "/api/v1/prints/{print_id}"): Scope.VIEW,
    ("PATCH", "/api/v1/prints/{print_id}"): Scope.OPERATE,
    ("DELETE", "/api/v1/prints/{print_id}"): Scope.OPERATE,
    ("GET", "/api/v1/notes"): Scope.VIEW,
    ("POST", "/api/v1/notes"): Scope.OPERATE,
    ("POST", "/api/v1/notes/{note}/strike"): Scope.OPERATE,
    ("GET", "/api/v1/halls/{hall}/reports"): Scope.VIEW,
    ("GET", "/api/v1/reports/{pos}"): Scope.VIEW,
    ("GET", "/api/v1/stream"): Scope.VIEW,
    ("POST", "/api/v1/stream/tickets"): Scope.VIEW,
    ("POST", "/api/v1/halls/{hall}/requests"): Scope.OPERATE,
    ("GET", "/api/v1/requests/{request_id}"): Scope.VIEW,
    ("POST", "/api/v1/site/requests"): Scope.ADMIN,
    ("GET", "/api/v1/releases"): Scope.VIEW,
    ("POST", "/api/v1/releases"): Scope.DEPLOY,
    ("GET", "/api/v1/releases/{sha256}"): Scope.VIEW,
    ("POST", "/api/v1/releases/{sha256}/withdraw"): Scope.DEPLOY,
    ("GET", "/api/v1/rollouts"): Scope.VIEW,
    ("POST", "/api/v1/rollouts"): Scope.DEPLOY,
    ("GET", "/api/v1/rollouts/{rollout}"): Scope.VIEW,
    ("GET", "/api/v1/rollouts/{rollout}/forecast"): Scope.VIEW,
    ("POST", "/api/v1/rollouts/{rollout}/forecast"): Scope.DEPLOY,
    ("POST", "/api/v1/rollouts/{rollout}/begin"): Scope.DEPLOY,
    ("POST", "/api/v1/rollouts/{rollout}/pause"): Scope.DEPLOY,
    ("POST", "/api/v1/rollouts/{rollout}/resume"): Scope.DEPLOY,
    ("POST", "/api/v1/rollouts/{rollout}/abort"): Scope.DEPLOY,
    ("GET", "/api/v1/deployments/{deployment}"): Scope.VIEW,
    ("POST", "/api/v1/deployments/{deployment}/pause"): Scope.DEPLOY,
    ("POST", "/api/v1/deployments/{deployment}/resume"): Scope.DEPLOY,
    ("POST", "/api/v1/deployments/{deployment}/abort"): Scope.DEPLOY,
    ("POST", "/api/v1/deployments/{deployment}/release"): Scope.DEPLOY,
    ("GET", "/api/v1/tokens"): Scope.ADMIN,
    ("POST", "/api/v1/tokens"): Scope.ADMIN,
    ("DELETE", "/api/v1/tokens/{token_id}"): Scope.ADMIN,
    ("GET", "/api/v1/audit"): Scope.ADMIN,
}
BESIDE: dict[tuple[str, str], Scope | None] = {
    ("GET", "/api/v1/openapi.json"): OPEN,
    ("GET", "/metrics"): Scope.VIEW,
}
"""Routes that are not in the API's document."""
PAGES = {
    "": Scope.VIEW,
    "halls/<slug:hall>": Scope.VIEW,
    "reports": Scope.VIEW,
    "reports/<int:pos>": Scope.VIEW,
    "deployments": Scope.VIEW,
    "deployments/<slug:rollout>": Scope.VIEW,
    "deployments/<slug:rollout>/<slug:server>/<int:attempt>": Scope.VIEW,
    "login": OPEN,
    "logout": Scope.VIEW,
}
PLACES = {
    "hall": "h1",
    "note": "1",
    "pos": "1",
    "show_id": ID,
    "print_id": ID,
    "request_id": ID,
    "token_id": "0a0a",
    "sha256": "a" * 64,
    "rollout": "r1",
    "deployment": "r1.booth1.1",
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/halls/{hall}/requests"): {"verb": "reset"},
    ("POST", "/api/v1/site/requests"): {"verb": "keys", "args": ["rotate"]},
    ("POST", "/api/v1/tokens"): {"name": "another", "scope": "view"},
}


@pytest.fixture(autouse=True)
def site(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe()
    monkeypatch.setattr(services, "WAIT_S", 0.0)  # no runtime will answer
    monkeypatch.setattr(limits, "BY_FAILURE", limits.Buckets(rate_s=100, burst=1000))


def statuses(headers: dict[str, str]) -> dict[tuple[str, str], int]:
    """Ask everything as one caller."""
    client = Client(headers=headers)
    found = {}
    for method, path in TABLE | BESIDE:
        body = BODIES.get((method, path), {})
        answer = client.generic(method, path.format(**PLACES), _json(body), "application/json")
        found[method, path] = answer.status_code
    return found


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def test_every_route_of_the_document_is_in_the_table() -> None:
    document = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    routes = {(method.upper(), path) for path, methods in document.items() for method in methods}
    assert routes == set(TABLE)


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def test_every_other_route_is_a_page_of_the_table() -> None:
    documented = {path.removeprefix("/") for _method, path in (*TABLE, *BESIDE)}
    others = {route for route in _routes(get_resolver().url_patterns) if not route.startswith(("admin/", "api/v1/"))}
    assert others - documented == set(PAGES)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_may_do_what_its_scope_allows_and_nothing_else(scope: Scope) -> None:
    found = statuses(bearer(scope))
    table = TABLE | BESIDE
    allowed = {route for route, needed in table.items() if needed is OPEN or allows(scope, needed)}
    assert {route for route, status in found.items() if status not in (401, 403)} == allowed
    assert {route for route, status in found.items() if status == 403} == set(table) - allowed
    assert {
        route: status for route, status in found.items() if status >= 500 and route != ("GET", "/api/v1/ready")
    } == {}


def revoked() -> dict[str, str]:
    headers = bearer(Scope.ADMIN)
    ApiToken.objects.update(revoked_ns=time.time_ns())
    return headers


def expired() -> dict[str, str]:
    headers = bearer(Scope.ADMIN)
    ApiToken.objects.update(expires_ns=time.time_ns() - 1)
    return headers


def of_another_site() -> dict[str, str]:
    """As if that site's whole database had been copied here."""
    _token, text = add_token(name="odeon's", scope=Scope.ADMIN, made_by="test")
    ApiToken.objects.update(site="odeon")
    return {"Authorization": f"Bearer {text.replace('rialto', 'odeon')}"}


@pytest.mark.parametrize(
    "credentials",
    [dict, revoked, expired, of_another_site, lambda: {"Authorization": "Bearer nonsense"}],
    ids=["no token", "revoked", "expired", "another site's", "nonsense"],
)
def test_whoever_is_not_known_gets_401_but_where_all_may_ask(credentials: Any) -> None:
    found = statuses(credentials())
    guarded = {route for route, needed in (TABLE | BESIDE).items() if needed is not OPEN}
    assert {route for route, status in found.items() if status == 401} == guarded


def test_pages_send_whoever_is_not_logged_in_to_the_login() -> None:
    client = Client()
    for page, needed in PAGES.items():
        path = "/" + re.sub(r"<slug:\w+>", "h1", re.sub(r"<int:\w+>", "1", page))
        answer = client.get(path)
        if needed is OPEN:
            assert answer.status_code == 200, path
        else:
            assert (answer.status_code, answer["Location"]) == (302, f"/login?next={path}"), path


def test_the_admins_pages_send_everybody_who_is_not_logged_in_to_the_login() -> None:
    client = Client()
    plain = [route for route in _routes(get_resolver().url_patterns) if route.startswith("admin/") and "<" not in route]
    assert len(plain) > 10
    for route in plain:
        answer = client.get(f"/{route}", follow=True)
        assert answer.redirect_chain[-1][0].startswith("/login?next=/admin/"), route


def test_a_session_may_look_and_may_act_only_with_its_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(Scope.OPERATE))
    path = "/api/v1/halls/h1/requests"
    assert client.get("/api/v1/halls").status_code == 200
    refused = client.post(path, {"verb": "reset"}, "application/json")
    assert (refused.status_code, refused.json()["error"]["words"]) == (
        403,
        "The page is too old to be believed: load it again.",
    )
    client.get("/login")
    token = client.get("/").cookies.get("csrftoken") or client.cookies["csrftoken"]
    with_token = client.post(path, {"verb": "reset"}, "application/json", headers={"X-CSRFToken": token.value})
    assert with_token.status_code == 200


def test_a_token_needs_no_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True, headers=bearer(Scope.OPERATE))
    assert client.post("/api/v1/halls/h1/requests", {"verb": "reset"}, "application/json").status_code == 200


def test_a_scope_that_is_taken_back_counts_at_once() -> None:
    client = Client()
    client.force_login(person(Scope.ADMIN))
    assert client.get("/api/v1/tokens").status_code == 200
    set_scope(name="anna", scope=Scope.VIEW)
    assert client.get("/api/v1/tokens").status_code == 403


def test_a_new_password_ends_the_sessions() -> None:
    client = Client()
    client.force_login(person())
    assert client.get("/api/v1/halls").status_code == 200
    set_password(name="anna", password="another long one")
    assert client.get("/api/v1/halls").status_code == 401
