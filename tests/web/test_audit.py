# SPDX-License-Identifier: Apache-2.0
"""The audit: who asked for what and what came of it, and what was refused for want of a scope."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.web.support.access import bearer, describe, person
from tests.web.support.desk import Verdict, desk
from web.accounts.models import ApiToken, AuditRow
from web.accounts.scopes import Scope
from web.asking import services


@pytest.fixture(autouse=True)
def site(state: Path) -> None:
    describe()


def audit(**asked: Any) -> list[dict[str, Any]]:
    answer = Client(headers=bearer(Scope.ADMIN)).get("/api/v1/audit", asked)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def ask(scope: Scope, verb: str = "start", *args: str) -> Any:
    body = {"verb": verb, "args": list(args)}
    return Client(headers=bearer(scope, f"{scope}'s")).post("/api/v1/halls/h1/requests", body, "application/json")


def test_a_request_is_written_down_with_the_machines_verdict(state: Path) -> None:
    with desk(state, Verdict("refusal", "no film is threaded in this hall")):
        asked = ask(Scope.OPERATE, "shelve", "door_open", "5").json()
    (row,) = audit()
    assert row["request"] == asked["id"]
    told = (row["actor"], row["scope"], row["action"], row["hall"], row["detail"], row["verdict"], row["reason"])
    words = "no film is threaded in this hall"
    assert told == ("operate's", "operate", "shelve", "h1", "door_open 5", "refusal", words)


def test_a_verdict_that_came_later_is_filled_in(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "WAIT_S", 0.0)
    asked = ask(Scope.OPERATE).json()
    assert audit()[0]["verdict"] == ""
    with desk(state) as runtime:
        runtime.judge("h1", asked["id"])
    assert (audit()[0]["verdict"], audit()[0]["reason"]) == ("transition", "the show was started")


def for_person(name: str) -> Any:
    headers = bearer(Scope.OPERATE, "wordpress") | {"X-On-Behalf-Of": name}
    return Client(headers=headers).post("/api/v1/halls/h1/requests", {"verb": "start"}, "application/json")


def test_a_program_names_the_person_whom_it_asks_for_and_its_own_name_stays(state: Path) -> None:
    with desk(state):
        assert for_person("J%C3%BCrgen K.").json()["actor"] == "Jürgen K. (wordpress)"
    assert audit(actor="Jürgen K. (wordpress)")[0]["action"] == "start"


@pytest.mark.parametrize("name", ["a%0Ab", "%20", "x" * 81])
def test_what_is_no_name_is_refused_and_asks_nothing(name: str) -> None:
    answer = for_person(name)
    assert answer.status_code == 400
    assert "1 to 80 printable characters" in answer.json()["error"]["words"]
    assert audit() == []


def test_a_session_passes_for_nobody_else(state: Path) -> None:
    client = Client(headers={"X-On-Behalf-Of": "somebody"})
    client.force_login(person(Scope.OPERATE))
    with desk(state):
        asked = client.post("/api/v1/halls/h1/requests", {"verb": "start"}, "application/json")
    assert asked.json()["actor"] == "anna"


def test_what_a_scope_does_not_allow_is_written_down() -> None:
    assert ask(Scope.VIEW).status_code == 403
    Client(headers=bearer(Scope.OPERATE, "curious")).get("/api/v1/tokens")
    rows = audit()
    assert [(row["actor"], row["action"], row["verdict"]) for row in rows] == [
        ("curious", "GET /api/v1/tokens", "refused"),
        ("view's", "POST /api/v1/halls/h1/requests", "refused"),
    ]
    assert rows[1]["reason"] == "view's may look; this needs the scope operate."


def test_tokens_made_and_revoked_are_written_down_without_their_secret() -> None:
    client = Client(headers=bearer(Scope.ADMIN, "boss"))
    made = client.post("/api/v1/tokens", {"name": "screen", "scope": "view"}, "application/json").json()
    client.delete(f"/api/v1/tokens/{made['id']}")
    assert [(row["actor"], row["action"], row["detail"]) for row in audit(actor="boss")] == [
        ("boss", "revoke token", f"{made['id']} screen"),
        ("boss", "make token", f"{made['id']} screen: view"),
    ]
    assert made["token"].rpartition("_")[2] not in str(list(AuditRow.objects.values()))


def test_other_deeds_are_written_down_by_method_and_path() -> None:
    client = Client(headers=bearer(Scope.OPERATE, "planner"))
    client.post("/api/v1/prints", {}, "application/json")
    (row,) = audit(actor="planner")
    assert (row["action"], row["verdict"]) == ("POST /api/v1/prints", "refused")
    assert row["reason"]


def test_looking_and_tickets_are_not_written_down() -> None:
    client = Client(headers=bearer())
    client.get("/api/v1/halls")
    client.post("/api/v1/stream/tickets", {}, "application/json")
    assert audit() == []


def test_pages_follow_each_other_without_gap_or_double() -> None:
    AuditRow.objects.bulk_create(
        AuditRow(at_ns=n, actor="anna" if n % 2 else "berta", scope=Scope.OPERATE, action=str(n)) for n in range(10)
    )
    client = Client(headers=bearer(Scope.ADMIN))
    seen: list[str] = []
    before: dict[str, Any] = {}
    while True:
        asked: dict[str, Any] = {"limit": 3, "actor": "anna"}
        page = client.get("/api/v1/audit", asked | before).json()
        seen += [row["action"] for row in page["rows"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == ["9", "7", "5", "3", "1"]


# /admin/.


def managed(scope: Scope) -> Client:
    """A manager who has logged in."""
    person(scope, "manager")
    from web.accounts.people import set_scope

    set_scope(name="manager", scope=scope)
    client = Client()
    client.force_login(person_named("manager"))
    return client


def person_named(name: str) -> Any:
    from web.accounts.models import User

    return User.objects.get(username=name)


def test_an_admin_makes_and_changes_users_in_the_admin() -> None:
    client = managed(Scope.ADMIN)
    password = "a really long one"
    form = {"username": "clara", "scope": "operate", "password1": password, "password2": password}
    made = client.post("/admin/accounts/user/add/", form)
    assert made.status_code == 302, made.content.decode()
    clara = person_named("clara")
    assert (clara.scope, clara.is_staff, clara.check_password(password)) == ("operate", True, True)
    client.post(f"/admin/accounts/user/{clara.pk}/change/", {"username": "clara", "scope": "view", "is_active": "on"})
    clara = person_named("clara")
    assert (clara.scope, clara.is_staff) == ("view", False)


def test_tokens_can_be_looked_at_and_revoked_in_the_admin_and_nothing_else() -> None:
    bearer(name="screen")
    client = managed(Scope.ADMIN)
    token = ApiToken.objects.get(name="screen")
    assert "screen" in client.get("/admin/accounts/apitoken/").content.decode()
    shown = client.get(f"/admin/accounts/apitoken/{token.id}/change/").content.decode()
    assert token.secret_sha256 not in shown
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403
    assert client.post(f"/admin/accounts/apitoken/{token.id}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "revoke", "_selected_action": [token.id]}
    assert client.post("/admin/accounts/apitoken/", chosen).status_code == 302
    assert ApiToken.objects.get(id=token.id).revoked_ns is not None


def test_the_audit_can_only_be_looked_at_in_the_admin() -> None:
    row = AuditRow.objects.create(at_ns=1, actor="anna", scope=Scope.OPERATE, action="start")
    client = managed(Scope.ADMIN)
    assert "start" in client.get("/admin/accounts/auditrow/").content.decode()
    for what in ("add", f"{row.pk}/delete"):
        assert client.post(f"/admin/accounts/auditrow/{what}/", {"post": "yes"}).status_code == 403
    client.post(f"/admin/accounts/auditrow/{row.pk}/change/", {"actor": "nobody"})
    assert AuditRow.objects.get().actor == "anna"


def test_whoever_operates_plans_shows_in_the_admin_and_sees_nothing_else() -> None:
    client = managed(Scope.OPERATE)
    index = client.get("/admin/").content.decode()
    assert "/admin/store/" in index
    assert "/admin/accounts/" not in index
    assert client.get("/admin/accounts/user/").status_code == 403


def test_whoever_may_only_look_has_no_admin() -> None:
    client = managed(Scope.VIEW)
    refused = client.get("/admin/", follow=True)
    assert refused.status_code == 403
    assert "may not manage this site" in refused.content.decode()
