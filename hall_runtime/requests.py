# SPDX-License-Identifier: Apache-2.0
"""Operator requests: a wake datagram, a table to read, one event each. An emergency stop needs the datagram alone."""

import asyncio
import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec
import structlog

from adapters.store.wake import SCHEDULE, Wake, wake_path
from hall_runtime.keeper import HallKeeper
from statemachines.events import OperatorRequested, Source

if TYPE_CHECKING:
    from adapters.store.models import OperatorRequest

_say = structlog.get_logger("requests")

POLL_S = 0.25
_MOST = 1024
_REMEMBERED = 4096


class SiteAsked(NamedTuple):
    """What somebody asked of the site; `id` is the request's."""

    id: str
    verb: str
    args: tuple[str, ...]
    actor: str


SiteRequest = Callable[[SiteAsked], None]


class RequestDesk:
    """Takes requests in and hands each to its hall once."""

    def __init__(
        self,
        state: Path,
        keepers: Mapping[str, HallKeeper],
        on_site: SiteRequest,
        on_schedule: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = wake_path(state)
        self._keepers, self._on_site, self._on_schedule = keepers, on_site, on_schedule
        self._woken = asyncio.Event()
        self._taken: dict[str, None] = {}
        self.refused: Counter[str] = Counter()

    async def run(self) -> None:
        """Until cancelled: wait for a datagram or a quarter of a second, then read the table."""
        with self._listening():
            while True:
                await self._read_table()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()
                self._woken.clear()

    @contextlib.contextmanager
    def _listening(self) -> Any:
        self._path.unlink(missing_ok=True)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        loop = asyncio.get_running_loop()
        try:
            receiver.setblocking(False)
            receiver.bind(str(self._path))
            self._path.chmod(0o660)
            loop.add_reader(receiver.fileno(), self._readable, receiver)
            yield
        finally:
            loop.remove_reader(receiver.fileno())
            receiver.close()
            self._path.unlink(missing_ok=True)

    def _readable(self, receiver: socket.socket) -> None:
        try:
            wake = msgspec.json.decode(receiver.recv(_MOST), type=Wake)
            request_id = str(UUID(wake.id))  # as the table spells it, so that one request is one
        except BlockingIOError:
            return
        except (msgspec.MsgspecError, ValueError):
            self.refused["malformed wake"] += 1
            return
        if wake.verb == "emergency_stop":
            actor = wake.actor if wake.actor.isprintable() else ""  # a row holds no NUL
            self._hand_over(request_id, wake.hall, OperatorRequested(verb="emergency_stop", actor=actor or "wake"))
        if wake.verb == SCHEDULE:
            self._on_schedule()
        else:
            self._woken.set()

    async def _read_table(self) -> None:
        from adapters.store import selectors  # not above: who only sends a wake has no open site

        try:
            asked = await asyncio.to_thread(selectors.pending_requests, now_ns=time.time_ns())
        except Exception as wrong:  # a database that is gone or locked must not end the desk: it is asked again
            if not self.refused["table unreadable"]:
                _say.warning("requests_unreadable", why=str(wrong))
            self.refused["table unreadable"] += 1
            return
        self.refused.pop("table unreadable", None)
        for request in asked:
            self._take(request)

    def _take(self, request: "OperatorRequest") -> None:
        args = tuple(str(arg) for arg in request.args)
        expired = time.time_ns() > request.expires_ns
        if not request.hall:
            asked = SiteAsked(str(request.id), request.verb, args, request.actor)
            self._take_for_site(asked, expired=expired)
            return
        event = OperatorRequested(
            verb=request.verb,
            argument=args[0] if args else "",
            minutes=int(args[1]) if len(args) > 1 and args[1].isdigit() else 0,
            actor=request.actor,
            expired=expired,
        )
        self._hand_over(str(request.id), request.hall, event)

    def _take_for_site(self, asked: SiteAsked, *, expired: bool) -> None:
        """No hall's log tells whether this was done before a restart: what is expired is left alone."""
        if not self._is_new(asked.id):
            return
        if expired:
            self.refused["too old"] += 1
        else:
            self._on_site(asked)

    def _hand_over(self, request_id: str, hall: str, event: OperatorRequested) -> None:
        keeper = self._keepers.get(hall)
        if keeper is None:
            self.refused["unknown hall"] += self._is_new(request_id)
        elif self._is_new(request_id):
            keeper.post(event, Source.OPERATOR, request=request_id)

    def _is_new(self, request_id: str) -> bool:
        if request_id in self._taken:
            return False
        self._taken[request_id] = None
        if len(self._taken) > _REMEMBERED:
            self._taken.pop(next(iter(self._taken)))
        return True
