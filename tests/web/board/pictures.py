# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/board-*.png and hall-*.png from a real demonstration: `python -m tests.web.board.pictures`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from tests.support.chromium import chromium
from tests.support.demo_process import Demo, demo

IMAGES = Path(__file__).parents[3] / "docs" / "images"
SIZES = ((1440, 900), (390, 844))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def drawn(browser: Browser, running: Demo, folder: Path) -> None:
    page = await browser.new_page()
    await page.goto(running.url)
    await page.get_by_label("Name").fill(running.user)
    await page.get_by_label("Password").fill(running.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("article", name="Hall 2").get_by_text("Film break").wait_for(timeout=60_000)
    await page.wait_for_timeout(60_000)  # something is to be seen in the lanes
    signed_in = await page.context.storage_state()
    for theme in THEMES:
        for width, height in SIZES:
            context = await browser.new_context(
                storage_state=signed_in, viewport={"width": width, "height": height}, color_scheme=theme
            )
            await _pair(await context.new_page(), running.url, folder, f"{theme}-{width}")
            await context.close()


async def _pair(page: Page, url: str, folder: Path, ending: str) -> None:
    for name, path, hall in (("board", "/", ".card[data-state=projecting]"), ("hall", "/halls/h1", ".hall")):
        await page.goto(url + path)
        await page.locator("svg.diagram").first.wait_for()
        if name == "hall":
            await page.locator(".track i").first.wait_for()
            await page.locator("tbody tr").first.wait_for()
        await _in_the_middle_of_a_reel(page, hall)
        await page.screenshot(path=folder / f"{name}-{ending}.png")


async def _in_the_middle_of_a_reel(page: Page, hall: str) -> None:
    """Wait for a beam and some hundred feet on the take-up reel."""
    beam = page.locator(f"{hall} .beam[visibility=visible]").first
    while True:
        await beam.wait_for(timeout=60_000)
        feet = await page.locator(f"{hall} .feet span").first.text_content()
        if 500 < int((feet or "0").split()[0].replace(",", "")) < 1_500:
            return
        await page.wait_for_timeout(200)


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with demo(Path(directory) / "demo") as running, chromium() as browser:
            await drawn(browser, running, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
