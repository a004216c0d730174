# SPDX-License-Identifier: Apache-2.0
"""A real web process with releases and roll-outs, and people who look at its pages."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

from django.db import DatabaseError, connections
from playwright.async_api import Page, expect

from tests.support.deploying_site import describe_servers, plan, put_release
from tests.support.lived_rollout import LivedRollout
from tests.support.rollout_desk import RolloutDesk, rollout_desk
from tests.web.support.access import person
from tests.web.support.lived import show_life
from tests.web.support.server import WebProcess
from web.accounts.scopes import Scope

T = TypeVar("T")


class Deploying:
    """A site of some servers, its release, and who takes requests there. Its calls are for threads: see `done`.

    While it `lives` the runtime shows life twice a second.
    """

    def __init__(self, web: WebProcess, desk: RolloutDesk) -> None:
        self.web, self.url, self.desk, self.lives = web, web.url, desk, True
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, *_wrong: object) -> None:
        self._ended.set()
        self._heart.join(10)

    def rollout(self, rollout: str = "r1") -> LivedRollout:
        return self.desk.rollouts[rollout]

    def begun(self, *, canaries: int = 1, batch: int = 10, failures_allowed: int = 0) -> LivedRollout:
        """Plan a roll-out and begin it; it waits to be worked on."""
        lived = self.desk.lived(plan(canaries=canaries, batch=batch, failures_allowed=failures_allowed))
        lived.begin()
        lived.end()
        return lived

    def _beat(self) -> None:
        while not self._ended.wait(0.5):
            if self.lives:
                with suppress(DatabaseError):  # locked for a moment: the next one comes soon
                    show_life()
        connections.close_all()


@contextmanager
def deploying(state: Path, servers: int = 3) -> Iterator[Deploying]:
    """Describe a site, serve it, and take its requests."""
    describe_servers(servers)
    put_release()
    for scope in Scope:
        person(scope, f"{scope}er")
    show_life()
    with ExitStack() as ends:
        web = WebProcess(state)
        ends.callback(web.close)
        web.start()
        yield ends.enter_context(Deploying(web, ends.enter_context(rollout_desk(state))))


async def done(work: Callable[[], T]) -> T:
    """Do what reads or writes databases on a thread, which keeps nothing of this test's site."""

    def worked() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(worked)


async def signed_in(page: Page, site: Deploying, scope: Scope = Scope.DEPLOY) -> None:
    """Sign in as somebody of this scope."""
    await page.goto(f"{site.url}/login")
    await page.get_by_label("Name").fill(f"{scope}er")
    await page.get_by_label("Password").fill("a long password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".truth")).to_be_visible()


async def opened(page: Page, site: Deploying, path: str) -> None:
    """Open a page and wait until it shows what is so."""
    await page.goto(site.url + path)
    await expect(page.locator(".body[data-ready]")).to_be_visible(timeout=15_000)
    await expect(page.locator(".truth")).to_have_text("Live", timeout=15_000)
