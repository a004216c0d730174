# SPDX-License-Identifier: Apache-2.0
"""Headers, limits, lines of the log, and the way in: what keeps the web side safe without anybody's doing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from structlog.testing import capture_logs

from tests.web.support.access import bearer, describe, person
from web.accounts import limits
from web.accounts.limits import Buckets
from web.accounts.scopes import Scope

PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def site(state: Path) -> None:
    describe()
    person(Scope.OPERATE)


def logged_in() -> Client:
    client = Client()
    assert client.post("/login", {"username": "anna", "password": PASSWORD}).status_code == 302
    return client


# Headers.


@pytest.mark.parametrize(
    "path",
    ["/", "/login", "/halls/h1", "/nowhere", "/admin/", "/api/v1/halls", "/api/v1/nowhere", "/static/nothing.js"],
)
@pytest.mark.parametrize("known", [True, False], ids=["logged in", "nobody"])
def test_every_answer_carries_the_security_headers(path: str, known: bool) -> None:
    headers = (logged_in() if known else Client()).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    if not path.startswith("/static/"):
        assert "no-store" in headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/halls/h1", "/login"])
def test_no_page_has_anything_inline(path: str) -> None:
    page = (Client() if path == "/login" else logged_in()).get(path).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert "<script>" not in page


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites() -> None:
    cookie = logged_in().cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_django_finds_nothing_to_say_of_a_deployment(state: Path) -> None:
    environment = os.environ | {"PROJECTIONIST_SECURE": "1", "PROJECTIONIST_STATE": str(state)}
    command = [sys.executable, "-m", "web", "check"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


# The way in.


def test_a_person_logs_in_and_out() -> None:
    client = logged_in()
    assert client.get("/api/v1/halls").status_code == 200
    client.post("/logout")
    assert client.get("/api/v1/halls").status_code == 401


def test_a_login_needs_its_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/login", {"username": "anna", "password": PASSWORD}).status_code == 403


def test_passwords_are_not_guessed_in_a_row() -> None:
    client = Client()
    guesses = [client.post("/login", {"username": "anna", "password": f"guess {n}"}) for n in range(11)]
    assert [guess.status_code for guess in guesses] == [200] * 10 + [429]
    # Half a minute after the first guess that counts; what the guesses themselves took is over already.
    assert 0 < int(guesses[-1]["Retry-After"]) <= 30
    # Not from elsewhere either, nor by the other door, and the right password is not believed meanwhile.
    right = {"username": "Anna", "password": PASSWORD}
    assert client.post("/login", right, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert client.post("/admin/login/", right, REMOTE_ADDR="192.0.2.1").status_code == 429
    # Others come in.
    person(name="berta")
    other = Client().post("/login", {"username": "berta", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert other.status_code == 302


# Limits.


def test_a_caller_who_asks_too_often_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BY_CALLER", Buckets(rate_s=0.1, burst=3))
    client = Client(headers=bearer())
    answers = [client.get("/api/v1/halls") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"]["code"] == "too_many"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 10
    assert Client(headers=bearer(name="another")).get("/api/v1/halls").status_code == 200


def test_an_address_that_asks_too_often_is_told_on_pages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BY_ADDRESS", Buckets(rate_s=0.1, burst=1))
    client = Client()
    assert [client.get("/login").status_code for _ in range(2)] == [200, 429]
    assert "try again in" in client.get("/login").content.decode()
    assert client.get("/login", REMOTE_ADDR="192.0.2.1").status_code == 200
    assert client.get("/api/v1/health").status_code == 200


def test_bad_tokens_in_a_row_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BY_FAILURE", Buckets(rate_s=0.1, burst=2))
    client = Client(headers={"Authorization": "Bearer prj_rialto_0_0"})
    assert [client.get("/api/v1/halls").status_code for _ in range(3)] == [401, 401, 429]


def test_a_bucket_fills_again_and_forgets_who_has_not_come_for_long() -> None:
    now = [0.0]
    buckets = Buckets(rate_s=2, burst=2, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    now[0] = 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 1]
    now[0] = 100.0
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 1]
    for n in range(20_000):
        buckets.take(f"another {n}")
    assert buckets.take("a") == 0


# Lines of the log.


def test_a_request_is_one_line_without_its_query() -> None:
    client = Client(headers=bearer(name="wall screen"))
    with capture_logs() as lines:
        client.get("/api/v1/stream?ticket=secret-ticket&hall=h1")
        client.get("/api/v1/health")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/stream", 401)
    assert "secret" not in str(lines)


def test_a_line_names_the_caller_and_never_the_token() -> None:
    headers = bearer(name="wall screen")
    with capture_logs() as lines:
        Client(headers=headers).get("/api/v1/halls")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["who"] == "wall screen"
    assert headers["Authorization"].rpartition("_")[2] not in str(lines)
