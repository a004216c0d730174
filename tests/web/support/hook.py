# SPDX-License-Identifier: Apache-2.0
"""A webhook that a test answers for."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from typing_extensions import override


class Posted(NamedTuple):
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Hook:
    """`posted` is what came, in order; `status` is what it answers."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.status = 204
        self._came = threading.Condition()
        hook = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the library's name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with hook._came:
                    hook.posted.append(Posted(self.path, dict(self.headers), body))
                    hook._came.notify_all()
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/booth?key=hush-hush"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [each.told for each in self.posted]

    def wait_for(self, stage: str, limit_s: float = 30) -> dict[str, Any]:
        """Wait until a message of that stage has come, and return what it told."""

        def came() -> list[dict[str, Any]]:
            return [told for told in self.told if told["stage"] == stage]

        with self._came:
            assert self._came.wait_for(came, limit_s), self.posted
        return came()[0]

    @contextmanager
    def listening(self) -> Iterator["Hook"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(5)
