# SPDX-License-Identifier: Apache-2.0
"""A watch over a site whose hall lives through a story, by a clock that a test sets."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.store.writer import LogWriter
from statemachines.settings import SECOND
from tests.web.support.lived import LivedHall, show_life
from web.watch.settings import Addresses, AlarmSettings
from web.watch.watcher import Watcher

SECRET = "a secret of the webhook"
PASSWORD = "a password of the mail server"


def addresses(webhook: str = "", mail_to: tuple[str, ...] = (), tries: int = 8) -> Addresses:
    """Return whom to tell."""
    settings = AlarmSettings(webhook=webhook, mail_to=mail_to, mail_from="booth@rialto.example", tries=tries)
    return Addresses(settings=settings, webhook_secret=SECRET, smtp_password=PASSWORD)


class Watched:
    """Hall h1, and one web process that watches it. Time stands still but for `wait`."""

    def __init__(self, log: LogWriter, told: Addresses) -> None:
        self.hall = LivedHall(log)
        self._watchers: list[Watcher] = []
        self.now_ns = self.hall.at_ns
        self._told = told
        self.restart()

    def restart(self) -> None:
        """Another web process takes over."""
        self.watcher = self.another()

    def another(self) -> Watcher:
        """One more web process begins to watch."""
        self._watchers.append(Watcher(self._told, clock=lambda: self.now_ns))
        return self._watchers[-1]

    def wait(self, seconds: float, *, alive: bool = True) -> None:
        """Let time pass, of the hall too; the runtime lives meanwhile or not. Then look and tell."""
        self.later(seconds, alive=alive)
        asyncio.run(self.watcher.turn())

    def look(self) -> None:
        """Look and tell, now."""
        self.wait(0)

    def later(self, seconds: float, *, alive: bool = True) -> None:
        """Let time pass; nobody looks."""
        self.now_ns = max(self.now_ns, self.hall.at_ns) + int(seconds * SECOND)
        self.hall.wait((self.now_ns - self.hall.at_ns) // SECOND)
        self.hall.end()
        if alive:
            self.beat_ns = self.now_ns
        show_life(at_ns=self.beat_ns)

    def close(self) -> None:
        for watcher in self._watchers:
            asyncio.run(watcher.stop())


@contextmanager
def watched(log: LogWriter, told: Addresses) -> Iterator[Watched]:
    """Watch a hall that shows a film."""
    site = Watched(log, told)
    site.hall.showing()
    try:
        site.look()
        yield site
    finally:
        site.close()
