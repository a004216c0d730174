# SPDX-License-Identifier: Apache-2.0
"""Operator requests: told with the machine's verdict, done only when the hardware said so, asked once."""

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from adapters.store.models import EventRow, OperatorRequest
from tests.support.sites import requests_locked
from tests.web.support.access import bearer, describe, person
from tests.web.support.desk import Verdict, desk
from web.accounts import limits
from web.accounts.models import AuditRow
from web.accounts.scopes import Scope

STARTED = Verdict(commands=(("projection", 7, "motor", "run"), ("sound", 3, "sound", "play")))


@pytest.fixture
def anna(state: Path) -> Client:
    """A person who operates."""
    describe()
    client = Client()
    client.force_login(person(Scope.OPERATE))
    return client


def ask(client: Client, verb: str = "start", *args: str, hall: str = "h1", **more: Any) -> Any:
    path = f"/api/v1/halls/{hall}/requests"
    return client.post(path, {"verb": verb, "args": list(args), **more}, "application/json")


def asked(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def words(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.json()["error"]["words"])


def test_it_is_done_when_every_command_was_answered_ok_and_not_before(anna: Client, state: Path) -> None:
    with desk(state, STARTED) as runtime:
        first = asked(ask(anna))
        assert (first["stage"], first["verdict"], first["reason"]) == ("accepted", "transition", "the show was started")
        assert [(each["role"], each["cmd_seq"], each["result"]) for each in first["commands"]] == [
            ("projection", 7, None),
            ("sound", 3, None),
        ]
        path = f"/api/v1/requests/{first['id']}"
        runtime.answer("h1", 1, [("projection", 7, "ok")])
        assert anna.get(path).json()["stage"] == "accepted"
        runtime.answer("h1", 99, [("sound", 3, "ok")])  # of another request: numbers alone say nothing
        assert anna.get(path).json()["stage"] == "accepted"
        runtime.answer("h1", 1, [("sound", 3, "ok")])
        assert anna.get(path).json()["stage"] == "done"


def test_one_command_that_failed_fails_the_request(anna: Client, state: Path) -> None:
    with desk(state, STARTED) as runtime:
        first = asked(ask(anna))
        runtime.answer("h1", 1, [("projection", 7, "refused:interlock"), ("sound", 3, "ok")])
        later = anna.get(f"/api/v1/requests/{first['id']}").json()
    assert later["stage"] == "failed"
    assert later["commands"][0]["result"] == "refused:interlock"


def test_a_request_that_needs_no_command_is_done_at_once(anna: Client, state: Path) -> None:
    with desk(state, Verdict("internal", "the alarm is acknowledged")):
        assert asked(ask(anna, "acknowledge", "film_break"))["stage"] == "done"


def test_a_refusal_is_told_in_the_machines_words(anna: Client, state: Path) -> None:
    with desk(state, Verdict("refusal", "the film is already running since <t:3600000000000>")):
        refused = asked(ask(anna))
    assert (refused["stage"], refused["reason"]) == ("refused", "the film is already running since 01:00:00")


def test_without_a_runtime_it_is_asked_and_then_expires(anna: Client) -> None:
    began = time.monotonic()
    first = asked(ask(anna))
    assert 0.9 < time.monotonic() - began < 3
    assert (first["stage"], first["verdict"]) == ("asked", None)
    assert first["expires_ms"] - first["asked_ms"] == 10_000
    OperatorRequest.objects.update(expires_ns=time.time_ns() - 1)
    later = anna.get(f"/api/v1/requests/{first['id']}").json()
    assert later["stage"] == "expired"
    assert "not be done any more" in later["reason"]


def test_one_that_the_runtime_found_too_old_is_expired(anna: Client, state: Path) -> None:
    with desk(state, Verdict("refusal", "too old", expired=True)):
        assert asked(ask(anna))["stage"] == "expired"


def test_the_same_id_twice_is_one_request(anna: Client, state: Path) -> None:
    request_id = str(uuid4())
    with desk(state, Verdict("internal", "noted")):
        first, second = (asked(ask(anna, "reset", id=request_id)) for _ in range(2))
        other = ask(anna, "stop", id=request_id)
    assert first == second
    assert OperatorRequest.objects.count() == 1
    assert "used for another request" in words(other, 409)


def test_the_log_is_told_the_users_name_or_the_tokens(anna: Client) -> None:
    ask(anna)
    ask(Client(headers=bearer(Scope.OPERATE, "foyer tablet")), "stop")
    assert sorted(OperatorRequest.objects.values_list("actor", "verb")) == [("anna", "start"), ("foyer tablet", "stop")]


@pytest.mark.parametrize(
    ("hall", "verb", "args", "status", "told"),
    [
        ("h9", "start", (), 404, "There is no hall h9 here; there are h1, h2."),
        ("h1", "explode", (), 422, "cannot be asked to 'explode'"),
        ("h1", "shelve", ("film_break",), 422, "shelve ALARM MINUTES"),
        ("h1", "shelve", ("film_break", "0"), 422, "1 to 1440 minutes"),
        ("h1", "acknowledge", ("film\nbreak",), 422, "printable"),
        ("h1", "acknowledge", ("x" * 65,), 422, "64"),
    ],
)
def test_what_no_hall_could_understand_is_told(  # noqa: PLR0917
    anna: Client, hall: str, verb: str, args: tuple[str, ...], status: int, told: str
) -> None:
    assert told in words(ask(anna, verb, *args, hall=hall), status)
    assert OperatorRequest.objects.count() == 0


def test_a_request_that_nobody_asked_is_not_found(anna: Client) -> None:
    assert anna.get(f"/api/v1/requests/{uuid4()}").status_code == 404


# Emergency stop.


def test_an_emergency_stop_is_sent_first_and_names_who_asked(anna: Client, state: Path) -> None:
    with desk(state, Verdict("transition", "the emergency stop was pressed")) as runtime:
        stopped = asked(ask(anna, "emergency_stop"))
    (wake,) = runtime.heard
    assert (wake.id, wake.hall, wake.verb, wake.actor) == (stopped["id"], "h1", "emergency_stop", "anna")
    assert OperatorRequest.objects.get().actor == "anna"


def test_an_emergency_stop_works_while_the_database_is_locked(anna: Client, state: Path) -> None:
    with desk(state, Verdict("transition", "the emergency stop was pressed")) as runtime:
        with requests_locked(state):
            stopped = asked(ask(anna, "emergency_stop"))
        assert len(runtime.heard) == 1
    assert stopped["stage"] == "done"
    assert "sent to the runtime, not written down" in stopped["reason"]
    assert OperatorRequest.objects.count() == 0
    assert AuditRow.objects.count() == 0
    assert EventRow.objects.get(request=stopped["id"]).verdict == "transition"


def test_an_emergency_stop_that_reached_nobody_says_so(anna: Client, state: Path) -> None:
    with requests_locked(state):
        assert "red button" in words(ask(anna, "emergency_stop"), 503)


@pytest.mark.parametrize("which", ["BY_ADDRESS", "BY_CALLER"])
def test_an_emergency_stop_is_never_limited(
    anna: Client, state: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, which, limits.Buckets(rate_s=0.001, burst=1))
    with desk(state, Verdict("internal", "noted")):
        assert asked(ask(anna, "reset"))["stage"] == "done"
        late = ask(anna, "stop")
        assert "Too many requests" in words(late, 429)
        assert int(late["Retry-After"]) > 900
        assert asked(ask(anna, "emergency_stop"))["stage"] == "done"


# The site.


def test_an_admin_may_have_all_keys_rotated(state: Path) -> None:
    client = Client(headers=bearer(Scope.ADMIN))
    with desk(state) as runtime:
        done = client.post("/api/v1/site/requests", {"verb": "keys", "args": ["rotate"]}, "application/json")
        assert asked(done)["stage"] == "asked"
    assert [(wake.hall, wake.verb) for wake in runtime.heard] == [("", "keys")]
    row = OperatorRequest.objects.get()
    assert (row.hall, row.verb, row.args, row.actor) == ("", "keys", ["rotate"], "admin token")


def test_a_site_request_is_taken_up_by_a_runtime_that_lives(state: Path) -> None:
    from tests.web.support.lived import LivedHall, log_of, show_life

    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.end()
    client = Client(headers=bearer(Scope.ADMIN))
    made = asked(client.post("/api/v1/site/requests", {"verb": "keys", "args": ["rotate"]}, "application/json"))
    show_life()
    assert client.get(f"/api/v1/requests/{made['id']}").json()["stage"] == "accepted"


def test_what_the_site_cannot_do_is_told(state: Path) -> None:
    client = Client(headers=bearer(Scope.ADMIN))
    told = words(client.post("/api/v1/site/requests", {"verb": "explode", "args": ["now"]}, "application/json"), 422)
    assert "the site cannot be asked to 'explode'" in told
