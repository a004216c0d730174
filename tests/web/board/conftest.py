# SPDX-License-Identifier: Apache-2.0
"""A browser for all tests of the board, a page and a fake site for each. All of them share one event loop."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.chromium import chromium, only_loopback
from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(8_000)
    await context.route("**", only_loopback)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page that must not have raised anything by the end of the test."""
    page = await context.new_page()
    raised: list[str] = []
    page.on("pageerror", lambda error: raised.append(str(error)))
    yield page
    assert raised == []


@pytest_asyncio.fixture(loop_scope="session")
async def served() -> AsyncIterator[Served]:
    served = Served(FakeSite())
    await served.start()
    yield served
    await served.stop()


@pytest.fixture
def site(served: Served) -> FakeSite:
    return served.site
