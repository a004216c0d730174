# SPDX-License-Identifier: Apache-2.0
"""The ear of a runtime where none runs: hears the wakes of a site, on a thread, and keeps a log to answer in."""

import socket
import threading
from abc import ABC, abstractmethod
from pathlib import Path

import msgspec

from adapters.store.wake import Wake, wake_path

_MOST = 4096


class WakeEar(ABC):
    """`heard` is what came, in order, and `log` is where answers are written; a subclass makes them in `take`."""

    def __init__(self, state: Path, *, silence_s: float) -> None:
        from adapters.store.writer import LogWriter  # its models need the open site

        self.heard: list[Wake] = []
        self.log = LogWriter(state)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(wake_path(state)))
        self._socket.settimeout(silence_s)
        self._thread = threading.Thread(target=self._listen)

    def start(self) -> None:
        self.log.start()
        self._thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()
        self.log.close()

    @abstractmethod
    def take(self, wake: Wake, *, again: bool) -> None:
        """Answer a wake; `again` when one for the same request came before."""

    def _listen(self) -> None:
        from django.db import connections

        try:
            while message := self._socket.recv(_MOST):
                wake = msgspec.json.decode(message, type=Wake)
                again = wake.id in {each.id for each in self.heard}
                self.heard.append(wake)
                self.take(wake, again=again)
        finally:
            connections.close_all()
