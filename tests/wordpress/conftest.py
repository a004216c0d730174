# SPDX-License-Identifier: Apache-2.0
"""A WordPress, a demonstration that it shows, and a browser: one of each for all tests, which share one event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.chromium import chromium
from tests.support.demo_process import Demo, demo
from tests.wordpress.leaks import Leaks
from tests.wordpress.people import People
from tests.wordpress.wordpress import SITE, WordPress, wordpress

expect.set_options(timeout=15_000)
LOOKED_THROUGH = 30
"""So many answers and pages there are at least: connecting a booth alone loads more."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def press(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WordPress]:
    """A WordPress to which no booth is connected yet."""
    made = wordpress(tmp_path_factory.mktemp("wordpress"), [])
    press = await asyncio.to_thread(made.__enter__)
    try:
        yield press
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)
    assert press.defects() == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(press: WordPress, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The demonstration; it lets pages of this WordPress look."""
    async with demo(tmp_path_factory.mktemp("demo") / "demo", origins=press.url) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def token(running: Demo) -> str:
    return await running.token("operate")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def leaks(token: str) -> Iterator[Leaks]:
    """Everything that browsers were given in this run is looked through for the token."""
    leaks = Leaks(token)
    yield leaks
    print(f"the token was looked for in {leaks.seen} answers; {len(leaks.unread)} could not be read")
    assert leaks.found == []
    assert leaks.seen > LOOKED_THROUGH
    assert len(leaks.unread) < leaks.seen / 10, leaks.unread


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, press: WordPress, leaks: Leaks, connected: None) -> AsyncIterator[People]:
    """Whoever comes to this WordPress, to which the booth is connected."""
    people = People(browser, press, leaks)
    yield people
    await people.leave()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connected(browser: Browser, press: WordPress, leaks: Leaks, running: Demo, token: str) -> None:
    """An administrator types the booth's address and token into the settings, and tests the connection."""
    people = People(browser, press, leaks)
    page = await people.page("admin")
    await page.goto(f"{press.url}/wp-admin/options-general.php?page=projectionist-settings")
    booth = page.get_by_role("group", name="Another booth")
    await booth.get_by_label("Id of the site").fill(SITE)
    await booth.get_by_label("Address of its server").fill(running.url)
    await booth.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Save Changes").click()
    await expect(page.get_by_text("Settings saved.")).to_be_visible()
    kept = page.get_by_role("group", name=SITE)
    await expect(kept.get_by_label("Token", exact=True)).to_have_value("")
    await kept.get_by_role("button", name="Test connection").click()
    for words in ("It answers within", "Its clock and ours agree.", "It is version 0.1.0, and this plugin fits it."):
        await expect(kept.get_by_role("status")).to_contain_text(words)
    await people.leave()
