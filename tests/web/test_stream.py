# SPDX-License-Identifier: Apache-2.0
"""The live stream of a real web process: every row once and in order, whatever is killed in between."""

import threading
from pathlib import Path

import httpx
import pytest

from tests.web.support.server import WebProcess, watching
from tests.web.support.writing import Writing
from web.stream.shapes import Beat, Bye, Hello, Rows


def test_a_viewer_is_greeted_with_all_halls_and_then_gets_each_row_with_what_it_changed(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    before = log.rows(3)
    with watching(web.url, token) as viewer:
        hello = viewer.next("hello")
        assert [hall["id"] for hall in hello.data["halls"]] == ["h1", "h2"]
        assert (hello.id, hello.data["gap"], hello.data["site"]["id"]) == (before, False, "rialto")
        last = log.rows(2)
        rows = viewer.next("rows")
        assert [event["pos"] for event in rows.data["events"]] == [before + 1, before + 2]
        assert [(hall["id"], hall["log_seq"]) for hall in rows.data["halls"]] == [("h1", 5)]
        assert rows.id == last
        beat = viewer.next("beat")
        assert beat.id == last
        web.stop()
        bye = viewer.next("bye")
    for shape, said in ((Hello, hello), (Rows, rows), (Beat, beat), (Bye, bye)):
        assert shape.model_validate(said.data).model_dump(mode="json") == said.data


def test_rows_missed_between_two_connections_come_once_and_in_order(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    with watching(web.url, token) as viewer:
        viewer.next("hello")
        seen = viewer.positions(log.rows(3))
    missed = log.rows(1200)  # more than one batch
    with watching(web.url, token, last_event_id=seen[-1]) as viewer:
        hello = viewer.next("hello")
        assert (hello.id, hello.data["gap"]) == (seen[-1], False)
        found = viewer.positions(missed)
        found += viewer.positions(log.rows(5))
    assert seen + found == list(range(1, missed + 6))


def test_the_seam_between_missed_and_live_rows_has_no_gap_and_no_double(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    newest = log.rows(50)
    enough = threading.Event()

    def write() -> None:
        nonlocal newest
        while not enough.wait(0.01):
            newest = log.rows(3)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for behind in range(30, 0, -3):
            cursor = newest - behind
            with watching(web.url, token, last_event_id=cursor) as viewer:
                found = viewer.positions(viewer.next("hello").data["site"]["pos"] + 10)
            assert found == list(range(cursor + 1, found[-1] + 1))
    finally:
        enough.set()
        writer.join()


@pytest.mark.slow
def test_killed_and_started_again_it_goes_on_where_each_viewer_was(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    seen: list[int] = []
    for _ in range(3):
        with watching(web.url, token, last_event_id=seen[-1] if seen else 0) as viewer:
            seen += viewer.positions(log.rows(4))
            log.rows(4)
            web.kill()
            for said in viewer.events():  # what had left before the kill
                seen += [event["pos"] for event in said.data.get("events", ())]
        log.rows(2)
        web.start()
    with watching(web.url, token, last_event_id=seen[-1]) as viewer:
        seen += viewer.positions(log.rows(1))
    assert seen == list(range(1, seen[-1] + 1))


def test_the_header_of_a_browser_that_comes_again_counts_more_than_its_old_address(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    last = log.rows(5)
    with watching(web.url, token | {"Last-Event-ID": str(last - 1)}, last_event_id=1) as viewer:
        assert viewer.positions(last) == [last]


def test_who_looks_at_one_hall_hears_of_that_one_only(web: WebProcess, log: Writing, token: dict[str, str]) -> None:
    log.rows(1), log.rows(1, "h2")
    with watching(web.url, token, hall="h2", last_event_id=0) as viewer:
        assert [hall["id"] for hall in viewer.next("hello").data["halls"]] == ["h2"]
        assert viewer.positions(2) == [2]
        log.rows(3)
        last = log.rows(1, "h2")
        assert viewer.positions(last) == [last]
        beat = viewer.next("beat")
        assert (list(beat.data["halls"]), beat.id) == (["h2"], last)


def test_a_cursor_of_another_log_or_from_too_far_back_starts_at_the_present_and_says_so(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    newest = log.rows(3)
    with watching(web.url, token, last_event_id=newest + 1000) as viewer:
        hello = viewer.next("hello")
        assert (hello.id, hello.data["gap"]) == (newest, True)
        assert viewer.positions(log.rows(1)) == [newest + 1]


def test_rows_that_were_pruned_are_told_as_a_gap(web: WebProcess, log: Writing, token: dict[str, str]) -> None:
    from adapters.store.prune import prune
    from tests.support.store import fold

    log.rows(10)
    prune(before_ns=6 * 1_000_000_000, fold=fold)
    for cursor, gap in ((2, True), (7, False)):
        with watching(web.url, token, last_event_id=cursor) as viewer:
            assert viewer.next("hello").data["gap"] is gap
            assert viewer.positions(10) == list(range(max(cursor + 1, 6), 11))


def test_at_the_end_of_the_server_viewers_are_told_from_where_to_resume(
    web: WebProcess, log: Writing, token: dict[str, str]
) -> None:
    with watching(web.url, token) as viewer:
        viewer.next("hello")
        last = log.rows(1)
        viewer.positions(last)
        took_s = web.stop()
        bye = viewer.next("bye")
        assert (bye.data["resume"], bye.id) == (last, last)
        assert list(viewer.events()) == []
    assert took_s < 2


@pytest.mark.slow
def test_a_viewer_whose_token_is_revoked_is_let_go(
    web: WebProcess, log: Writing, token: dict[str, str], state: Path
) -> None:
    from web.accounts.tokens import revoke_token, tokens

    with watching(web.url, token) as viewer:
        viewer.next("hello")
        revoke_token(token_id=tokens()[0].id)
        assert viewer.next("bye").data["reason"].startswith("Your login or token is no longer good")


def test_nobody_looks_without_a_login_and_a_hall_that_is_not_there_is_told(
    web: WebProcess, token: dict[str, str]
) -> None:
    assert httpx.get(f"{web.url}/api/v1/stream").status_code == 401
    answer = httpx.get(f"{web.url}/api/v1/stream?hall=h9", headers=token)
    assert answer.status_code == 404
    assert answer.json()["error"]["words"] == "There is no hall h9 here; there are h1, h2."
