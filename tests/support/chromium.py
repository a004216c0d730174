# SPDX-License-Identifier: Apache-2.0
"""Debian's browser, without a network of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, Route, async_playwright

_CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_PATIENCE_S = 8


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start a browser; it ends with the context."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
        yield browser
        await browser.close()


async def only_loopback(route: Route) -> None:
    """Let a page ask nobody but this machine."""
    await (route.continue_() if "//127.0.0.1:" in route.request.url else route.abort())


async def until(page: Page, expression: str, wanted: object) -> None:
    """Wait until an expression has this value. (The page's own policy forbids what playwright waits with.)"""
    async with asyncio.timeout(_PATIENCE_S):
        while await page.evaluate(expression) != wanted:
            await page.wait_for_timeout(50)
