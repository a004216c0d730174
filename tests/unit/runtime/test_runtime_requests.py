# SPDX-License-Identifier: Apache-2.0
"""The desk where requests come in: each is handed over once, and what is none is counted."""

import asyncio
import socket
import stat
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.store.site import open_site
from adapters.store.wake import send_wake, tell_schedule_changed, wake_path
from hall_runtime.requests import RequestDesk
from statemachines.events import OperatorRequested
from tests.support.fake_hall import FakeHall

SECOND = 1_000_000_000


class Desk:
    """A desk beside one hall, h1, whose mailbox nobody empties. `site` has what was asked of the site."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.hall = FakeHall()
        self.site: list[tuple[str, tuple[str, ...]]] = []
        self.schedule_told = 0
        self.desk = RequestDesk(
            state,
            {"h1": self.hall.keeper},
            lambda asked: self.site.append((asked.verb, asked.args)),
            self._told_of_schedule,
        )

    def _told_of_schedule(self) -> None:
        self.schedule_told += 1

    def send(self, message: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(message, str(wake_path(self.state)))

    def store(self, verb: str, *args: str, hall: str = "h1", age_s: int = 0) -> str:
        from adapters.store.services import ask_operator_request

        now_ns = time.time_ns() - age_s * SECOND
        return str(ask_operator_request(hall=hall, verb=verb, args=args, actor="a test", now_ns=now_ns).id)

    async def handed(self, count: int) -> list[tuple[str, OperatorRequested]]:
        """Return what the hall was handed once it is `count`, as (request id, event)."""
        await until(lambda: len(self.hall.keeper.mailbox) >= count)
        mails = [await self.hall.keeper.mailbox.take() for _ in range(count)]
        assert len(self.hall.keeper.mailbox) == 0
        return [(mail.request, mail.event) for mail in mails if isinstance(mail.event, OperatorRequested)]


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


@asynccontextmanager
async def desk_at(state: Path) -> AsyncIterator[Desk]:
    await asyncio.to_thread(open_site, state)
    made = Desk(state)
    running = asyncio.create_task(made.desk.run())
    await until(lambda: wake_path(state).exists())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert not wake_path(state).exists()


async def test_a_request_is_handed_over_once_however_often_it_is_woken(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        request = await asyncio.to_thread(desk.store, "shelve", "door_open", "5")
        for _ in range(5):
            assert send_wake(tmp_path, request_id=request, hall="h1", verb="shelve")
        ((handed, event),) = await desk.handed(1)
        assert handed == request
        assert (event.verb, event.argument, event.minutes, event.actor) == ("shelve", "door_open", 5, "a test")
        assert not event.expired
        again = await asyncio.to_thread(desk.store, "stop")
        assert [request for request, _ in await desk.handed(1)] == [again]


async def test_an_old_request_is_handed_over_as_expired_and_a_very_old_one_not_at_all(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        await asyncio.to_thread(desk.store, "start", age_s=61)
        old = await asyncio.to_thread(desk.store, "start", age_s=11)
        ((handed, event),) = await desk.handed(1)
        assert (handed, event.expired) == (old, True)


async def test_an_emergency_stop_needs_no_row_and_is_one_in_every_spelling(tmp_path: Path) -> None:
    request = uuid.uuid4()
    async with desk_at(tmp_path) as desk:
        for spelling in (str(request), str(request).upper(), request.hex, request.urn, f"{{{request}}}"):
            assert send_wake(tmp_path, request_id=spelling, hall="h1", verb="emergency_stop")
        ((handed, event),) = await desk.handed(1)
        assert (handed, event.verb) == (str(request), "emergency_stop")


@pytest.mark.parametrize(
    ("named", "logged"), [("anna", "anna"), ("", "wake"), ("an\0na", "wake"), ("Zoë's tablet", "Zoë's tablet")]
)
async def test_an_emergency_stop_names_who_asked(tmp_path: Path, named: str, logged: str) -> None:
    async with desk_at(tmp_path) as desk:
        assert send_wake(tmp_path, request_id=str(uuid.uuid4()), hall="h1", verb="emergency_stop", actor=named)
        ((_request, event),) = await desk.handed(1)
        assert event.actor == logged


async def test_wakes_that_are_none_are_counted_and_nothing_else(tmp_path: Path) -> None:
    wake = b'{"id":"%s","hall":"h1","verb":"emergency_stop"}' % str(uuid.uuid4()).encode()
    async with desk_at(tmp_path) as desk:
        for message in (b"", b"\x00", b"[1]", wake[:-1], wake.replace(b"}", b',"x":1}'), b"x" * 5000):
            desk.send(message)
        desk.send(wake.replace(b'"id":"', b'"id":"no-'))
        await until(lambda: desk.desk.refused["malformed wake"] == 7)
        desk.send(wake.replace(b"h1", b"h9"))
        await until(lambda: desk.desk.refused["unknown hall"] == 1)
        assert len(desk.hall.keeper.mailbox) == 0


async def test_the_wake_socket_is_for_owner_and_group(tmp_path: Path) -> None:
    async with desk_at(tmp_path):
        assert stat.S_IMODE(wake_path(tmp_path).stat().st_mode) == 0o660
    assert not send_wake(tmp_path, request_id=str(uuid.uuid4()), hall="h1", verb="stop")


async def test_what_is_asked_of_the_site_is_done_once_and_not_when_it_is_old(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as desk:
        await asyncio.to_thread(desk.store, "keys", "rotate", hall="", age_s=11)
        await until(lambda: desk.desk.refused["too old"] == 1)
        await asyncio.to_thread(desk.store, "keys", "revoke", "77", hall="")
        await until(lambda: bool(desk.site))
        await asyncio.to_thread(desk.store, "stop")
        await desk.handed(1)
        assert desk.site == [("keys", ("revoke", "77"))]
        assert desk.desk.refused["too old"] == 1


async def test_a_table_that_cannot_be_read_is_counted_and_read_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.store import selectors

    def unreadable(*, now_ns: int) -> list[object]:
        raise OSError("the disk is gone")

    async with desk_at(tmp_path) as desk:
        request = await asyncio.to_thread(desk.store, "stop")
        await desk.handed(1)
        with monkeypatch.context() as broken:
            broken.setattr(selectors, "pending_requests", unreadable)
            await until(lambda: desk.desk.refused["table unreadable"] >= 2)
            send_wake(tmp_path, request_id=str(uuid.uuid4()), hall="h1", verb="emergency_stop")
            assert [event.verb for _, event in await desk.handed(1)] == ["emergency_stop"]
        later = await asyncio.to_thread(desk.store, "start")
        assert [handed for handed, _ in await desk.handed(1)] == [later] != [request]
        assert desk.desk.refused["table unreadable"] == 0


async def test_a_change_of_the_schedule_is_passed_on_and_is_no_request(tmp_path: Path) -> None:
    assert not tell_schedule_changed(tmp_path, "h1")
    async with desk_at(tmp_path) as desk:
        assert tell_schedule_changed(tmp_path, "h1")
        await until(lambda: desk.schedule_told == 1)
        assert len(desk.hall.keeper.mailbox) == 0
        assert not desk.desk.refused
