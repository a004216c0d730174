# SPDX-License-Identifier: Apache-2.0
"""The ASGI application: Django's, and beside it the stream, which Django admits to and does not carry.

A streaming answer of Django would keep a thread and its database connections for every viewer. So Django answers who
may look (with all its middleware, in a few ms), and the connection goes on here.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Protocol

import structlog
from django.core import signals
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from web.api.errors import refusal
from web.stream.admission import Admission
from web.stream.connection import UNREADABLE, Receive, Scope, Send, serve, until_gone
from web.stream.hub import CLOSING, Hub
from web.stream.viewer import Viewer

PATH = "/api/v1/stream"
FULL = "As many look as this server can serve: come again a little later."
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_Headers = list[tuple[bytes, bytes]]
_say = structlog.get_logger(__name__)


class Beside(Protocol):
    """What lives as long as the web process, on its event loop."""

    def start(self) -> None:
        """Begin; nothing is waited for."""

    async def stop(self) -> None:
        """End, within seconds."""


class StreamApp:
    """Serves the stream's address, and hands everything else to Django."""

    def __init__(self, django: App, hub: Hub, *beside: Beside) -> None:
        self.hub = hub
        self._beside = beside
        self._django = django
        self._gate = _Gate()
        self._asking = ThreadPoolExecutor(4, "stream-gate")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            await self._stream(scope, receive, send)
        else:
            await self._django(scope, receive, send)

    def close(self) -> None:
        """Say goodbye to all viewers: the server is about to wait for its connections to end."""
        self.hub.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            told = (await receive())["type"]
            if told == "lifespan.startup":
                for each in self._beside:
                    each.start()
            if told == "lifespan.shutdown":
                await asyncio.gather(self.hub.stop(), *(each.stop() for each in self._beside))
                await asyncio.to_thread(self._asking.shutdown)
            await send({"type": f"{told}.complete"})
            if told == "lifespan.shutdown":
                return

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await asyncio.get_running_loop().run_in_executor(self._asking, self._gate, scope)
        if not isinstance(answer, Admission):
            await _answer(send, answer.status_code, _headers(answer), answer.getvalue())
        elif self.hub.full:
            await _refuse(send, answer, CLOSING if self.hub.closing else FULL)
        else:
            await self._admit(answer, receive, send)

    async def _admit(self, answer: Admission, receive: Receive, send: Send) -> None:
        viewer = Viewer(answer.caller, answer.hall, 0)
        self.hub.seat(viewer)
        watch: asyncio.Task[None] | None = None
        try:
            hello = await self._greeting(viewer, answer.cursor)
            if hello is None:
                await _refuse(send, answer, UNREADABLE)
                return
            await send({"type": "http.response.start", "status": 200, "headers": _headers(answer)})
            watch = asyncio.create_task(until_gone(receive, viewer))
            await serve(self.hub, viewer, hello, send)
        finally:
            self.hub.leave(viewer)
            if watch is not None:
                watch.cancel()

    async def _greeting(self, viewer: Viewer, cursor: int | None) -> bytes | None:
        """Return what greets a viewer, and set it to the position after which rows follow; None: it is unreadable."""
        try:
            await self.hub.start()
            picture = await self.hub.picture()
            start = None if cursor is None else await self.hub.begin(cursor)
        except Exception:
            _say.exception("stream_unreadable")
            return None
        viewer.pos, gap = (picture.pos, False) if start is None else start
        return picture.spelled(viewer.hall, viewer.pos, gap=gap)


class _Gate(BaseHandler):
    """Asks Django, on a thread, without its carrying the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def __call__(self, scope: Scope) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        try:
            answer = self.get_response(ASGIRequest(scope, BytesIO()))
        except UnicodeDecodeError:
            answer = HttpResponseBadRequest()
        answer.close()  # ends the request: this thread's database connections are put in order
        return answer


async def _refuse(send: Send, answer: Admission, words: str) -> None:
    """Answer 503, with what all the middleware put on an admission."""
    answer.headers["Content-Type"] = "application/json"
    answer.headers["Retry-After"] = str(random.randint(2, 8))  # noqa: S311 so that they do not all come at once
    await _answer(send, 503, _headers(answer), refusal(503, words).content)


async def _answer(send: Send, status: int, headers: _Headers, body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(answer: HttpResponseBase) -> _Headers:
    """Return Django's headers but the length, which it took of the answer that it knows."""
    told = [(name, value) for name, value in answer.items() if name != "Content-Length"]
    cookies = [("Set-Cookie", cookie.OutputString()) for cookie in answer.cookies.values()]
    return [(name.encode("ascii"), value.encode("latin1")) for name, value in (*told, *cookies)]
