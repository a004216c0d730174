# SPDX-License-Identifier: Apache-2.0
"""The web process while its PostgreSQL server ends sessions, is away, and comes back. Only where there is one."""

import time
from pathlib import Path

import httpx
from django.db import connections

from tests.support.postgres import end_sessions
from tests.support.sites import the_server
from tests.web.support.server import WebProcess, watching
from tests.web.support.writing import Writing

LIMIT_S = 20.0


def restart() -> None:
    server = the_server()
    server.stop("fast")
    server.start()


def rows(log: Writing, count: int) -> int:
    """Write on, with connections of this process that are not of before."""
    connections.close_all()
    return log.rows(count)


def stored() -> list[int]:
    from adapters.store.selectors import records

    return [row.pos for row in records()]


def test_an_open_stream_goes_on_and_brings_every_row_once(web: WebProcess, log: Writing, token: dict[str, str]) -> None:
    with watching(web.url, token, last_event_id=0) as viewer:
        seen = viewer.positions(log.rows(3))
        assert end_sessions() > 0
        seen += viewer.positions(rows(log, 3))
        restart()
        seen += viewer.positions(rows(log, 3))
    assert seen == stored()


def test_a_stream_that_is_resumed_while_it_happens_has_no_gap_and_no_double(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    seen: list[int] = []
    for befalls in (end_sessions, restart):
        with watching(web.url, token, last_event_id=seen[-1] if seen else 0) as viewer:
            seen += viewer.positions(rows(log, 3))
        rows(log, 600)  # more than one batch
        befalls()
        with watching(web.url, token, last_event_id=seen[-1]) as viewer:
            seen += viewer.positions(rows(log, 3))
    assert seen == stored()


def test_a_stream_opens_at_once_whichever_connections_of_the_web_process_were_lost(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    newest = log.rows(1)
    with watching(web.url, token), watching(web.url, token):  # each reader of the web process has its connection
        pass
    assert end_sessions() > 0
    for _ in range(4):
        with watching(web.url, token, last_event_id=newest):
            pass


def test_rows_are_heard_of_and_not_waited_for(web: WebProcess, log: Writing, token: dict[str, str]) -> None:
    with watching(web.url, token, last_event_id=0) as viewer:
        viewer.positions(log.rows(1))
        (listening,) = the_listeners()
        viewer.positions(log.rows(1))
        assert the_listeners() == [listening]


def the_listeners() -> list[int]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'")
        return [pid for (pid,) in cursor.fetchall()]


def test_the_api_says_that_its_database_is_away_and_answers_once_it_is_back(
    web: WebProcess, state: Path, token: dict[str, str]
) -> None:
    server = the_server()
    with httpx.Client(base_url=f"{web.url}/api/v1", headers=token, timeout=LIMIT_S) as client:
        assert client.get("/halls").status_code == 200
        assert end_sessions() >= 0
        assert client.get("/halls").status_code == 200
        server.stop("fast")
        try:
            assert client.get("/health").status_code == 200
            assert client.get("/ready").status_code == 503
            assert client.get("/halls").status_code == 503
        finally:
            server.start()
        until = time.monotonic() + LIMIT_S
        while client.get("/halls").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
    connections.close_all()
