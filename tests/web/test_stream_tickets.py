# SPDX-License-Identifier: Apache-2.0
"""Tickets, and who of other origins may read."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from tests.web.support.access import bearer, person
from tests.web.support.server import WebProcess, watching
from web.accounts.auth import Caller
from web.accounts.models import StreamTicket
from web.accounts.scopes import Scope
from web.stream.tickets import issue_ticket, use_ticket

TICKETS = "/api/v1/stream/tickets"
STREAM = "/api/v1/stream"
BOARD = "https://cinema.example"
ANNA = Caller(actor="anna", scope=Scope.OPERATE, session="s" * 32)


def test_a_ticket_opens_the_stream_once_as_whoever_it_was_issued_for(state: Path) -> None:
    text, _expires_ns = issue_ticket(caller=ANNA)
    assert use_ticket(text=text) == ANNA
    assert use_ticket(text=text) is None


def test_a_ticket_of_a_minute_ago_opens_nothing_and_is_swept_away(state: Path) -> None:
    text, _expires_ns = issue_ticket(caller=ANNA)
    StreamTicket.objects.update(expires_ns=1)
    assert use_ticket(text=text) is None
    issue_ticket(caller=ANNA)
    assert StreamTicket.objects.count() == 1


def test_no_ticket_can_be_read_from_the_database(state: Path) -> None:
    text, _expires_ns = issue_ticket(caller=ANNA)
    assert text not in str(StreamTicket.objects.values_list())


def test_of_many_who_come_with_one_ticket_at_once_one_gets_in(state: Path) -> None:
    text, _expires_ns = issue_ticket(caller=ANNA)
    together = threading.Barrier(8)
    found: list[Caller | None] = []

    def come() -> None:
        from django.db import connections

        together.wait(10)
        found.append(use_ticket(text=text))
        connections.close_all()

    viewers = [threading.Thread(target=come) for _ in range(8)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(10)
    assert (len(found), [caller for caller in found if caller]) == (8, [ANNA])


def test_a_ticket_in_the_address_is_enough_and_a_used_one_is_told(state: Path) -> None:
    ticket = Client(headers=bearer()).post(TICKETS).json()["ticket"]
    first, second = (Client().get(STREAM, {"ticket": ticket}) for _ in range(2))
    assert (first.status_code, first["Content-Type"]) == (200, "text/event-stream")
    assert second.status_code == 401
    assert "used before" in second.json()["error"]["words"]


def test_a_page_gets_its_ticket_with_its_csrf_token_only(state: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    assert client.post(TICKETS).status_code == 403
    assert client.get(STREAM).status_code == 200  # the session itself opens it, too


def test_the_stream_of_a_ticket_ends_with_the_login_that_it_was_issued_for(state: Path) -> None:
    from web.stream.log import LogSource

    client = Client()
    client.force_login(person())
    session = client.session.session_key
    assert session is not None
    text, _expires_ns = issue_ticket(caller=Caller(actor="anna", scope=Scope.VIEW, session=session))
    caller = use_ticket(text=text)
    assert caller is not None
    assert LogSource().no_longer_good([caller]) == set()
    client.logout()
    assert LogSource().no_longer_good([caller]) == {caller}


def test_a_ticket_never_reaches_what_the_server_writes(state: Path) -> None:
    web = WebProcess(state)
    web.start()
    try:
        tickets = [issue_ticket(caller=ANNA)[0] for _ in range(2)]
        with watching(web.url, ticket=tickets[0]) as viewer:
            viewer.next("hello")
        for wrong, status in (("hall=H?", 422), ("last_event_id=x", 401), ("hall=h9", 401)):
            answer = httpx.get(f"{web.url}{STREAM}?ticket={tickets[1]}&{wrong}")
            assert answer.status_code == status  # the first one used it up
        web.stop()
        assert not [ticket for ticket in tickets if ticket in web.said]
    finally:
        web.close()


@pytest.mark.parametrize("path", [STREAM, "/api/v1/halls"])
def test_a_named_origin_may_read_and_no_other(state: Path, settings_origins: None, path: str) -> None:
    headers = bearer()
    named = Client(headers=headers).get(path, headers={"Origin": BOARD})
    assert named["Access-Control-Allow-Origin"] == BOARD
    for origin in ("https://cinema.example.evil", "http://cinema.example", "null", ""):
        other = Client(headers=headers).get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in other
        assert "Origin" in other["Vary"]
    assert "Access-Control-Allow-Credentials" not in named


def test_a_refusal_can_be_read_by_a_named_origin_too(state: Path, settings_origins: None) -> None:
    answer = Client().get(STREAM, headers={"Origin": BOARD})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, BOARD)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/v1/halls", True),
        ("POST", TICKETS, True),
        ("POST", "/api/v1/halls/h1/requests", False),
        ("DELETE", "/api/v1/tokens/1", False),
        ("GET", "/metrics", False),
    ],
)
def test_a_preflight_allows_reading_and_tickets_only(
    state: Path, settings_origins: None, method: str, path: str, allowed: bool
) -> None:
    asked = {"Origin": BOARD, "Access-Control-Request-Method": method}
    answer = Client().options(path, headers=asked)
    assert (answer.get("Access-Control-Allow-Methods"), answer.get("Access-Control-Allow-Origin")) == (
        (method, BOARD) if allowed else (None, None)
    )


@pytest.fixture
def settings_origins(state: Path) -> Any:
    from django.test import override_settings

    with override_settings(ORIGINS=[BOARD]):
        yield


def test_the_stream_itself_is_refused_while_it_is_full_and_says_when_to_come_again(state: Path) -> None:
    from django.core.handlers.asgi import ASGIHandler

    from web.stream.app import StreamApp
    from web.stream.hub import Hub
    from web.stream.log import LogSource

    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    async def ask() -> None:
        app = StreamApp(ASGIHandler(), Hub(LogSource(), most=0))
        headers = [(name.lower().encode(), value.encode()) for name, value in bearer_header.items()]
        scope = {"type": "http", "method": "GET", "path": STREAM, "query_string": b"", "headers": headers}
        await app(scope, receive, send)

    bearer_header = bearer() | {"Host": "localhost"}
    asyncio.run(ask())
    told = dict(sent[0]["headers"])
    assert (sent[0]["status"], told[b"Content-Type"]) == (503, b"application/json")
    assert 2 <= int(told[b"Retry-After"]) <= 8
    assert b"come again a little later" in sent[1]["body"]
