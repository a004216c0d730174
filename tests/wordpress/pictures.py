# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/wordpress-*.png: `python -m tests.wordpress.pictures`; a real WordPress beside a demonstration."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from tests.support.chromium import chromium
from tests.support.demo_process import demo
from tests.support.ports import free_port
from tests.wordpress.place import PROJECT
from tests.wordpress.wordpress import SITE, Booth, WordPress, wordpress

IMAGES = PROJECT / "docs" / "images"
SIZES = ((1440, 900), (390, 844))
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ADMIN = {"board": "/wp-admin/admin.php?page=projectionist", "dashboard": "/wp-admin/"}
ANYWHERE = {"page": "/tonight/", "wall": f"/?projectionist_wall={SITE}"}
_PREPARE = (
    "wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => 'Tonight',"
    " 'post_name' => 'tonight',"
    ' \'post_content\' => \'<!-- wp:projectionist/board {"align":"wide","halls":["h1","h2","h3"]} /-->\']);'
    " update_user_meta(get_user_by('login', 'operator')->ID, 'show_admin_bar_front', 'false');"
)


async def drawn(browser: Browser, press: WordPress, folder: Path) -> None:
    page = await browser.new_page()
    await page.goto(f"{press.url}/wp-login.php")
    await page.locator("#user_login").fill("operator")
    await page.locator("#user_pass").fill(press.password)
    await page.locator("#wp-submit").click()
    await page.goto(press.url + ADMIN["board"])
    await page.get_by_role("article", name="Hall 2").get_by_text("Film break").wait_for(timeout=60_000)
    signed_in = await page.context.storage_state()
    for width, height in SIZES:
        for theme in THEMES:
            context = await browser.new_context(
                storage_state=signed_in, viewport={"width": width, "height": height}, color_scheme=theme
            )
            page = await context.new_page()
            for name, path in ANYWHERE.items():
                await _picture(page, press.url + path, folder / f"wordpress-{name}-{theme}-{width}.png")
            if theme == "light":
                for name, path in ADMIN.items():
                    await _picture(page, press.url + path, folder / f"wordpress-{name}-{width}.png")
            await context.close()


async def _picture(page: Page, url: str, path: Path) -> None:
    await page.goto(url)
    await page.locator(".truth").get_by_text("Live").first.wait_for(timeout=30_000)
    if "dashboard" not in path.name:
        await page.locator(".beam[visibility=visible]").first.wait_for(timeout=60_000)
    await page.wait_for_timeout(1_000)  # the number in the admin bar
    await page.screenshot(path=path)


async def main(folder: Path) -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        async with demo(place / "demo", origins=f"http://127.0.0.1:{port}") as running, chromium() as browser:
            booth = Booth(SITE, running.url, await running.token("operate"))
            with wordpress(place / "wordpress", [booth], port=port) as press:
                press.run(_PREPARE)
                await drawn(browser, press, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
