# SPDX-License-Identifier: Apache-2.0
"""Everybody can read it: no violation that axe finds, both themes, no sideways scrolling, no growth over the weeks."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.axe import violations
from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")


def busy(site: FakeSite) -> None:
    for hall in ("h1", "h2", "h3"):
        site.insert_film(hall)
    site.start("h1")
    site.start("h2", 9_800)
    site.break_film("h2")
    site.halls["h3"].troubled = "sound"
    site.halls["h3"].alarm("session_lost_sound", "the sound session is lost, the show goes on")
    site.tell("h3", site.halls["h3"].row("session_lost", "internal", "threading", "no answer to 3 pings"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/wall", "/halls/h1", "/halls/h2"])
async def test_axe_finds_nothing(page: Page, served: Served, site: FakeSite, path: str, theme: Any) -> None:
    busy(site)
    await page.emulate_media(color_scheme=theme)
    await page.goto(served.url + path)
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.locator("svg.diagram").first).to_be_visible()
    assert await violations(page) == []


@pytest.mark.parametrize("path", ["/", "/halls/h2"])
async def test_it_never_scrolls_sideways(page: Page, served: Served, site: FakeSite, path: str) -> None:
    busy(site)
    await page.goto(served.url + path)
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.locator("svg.diagram").first).to_be_visible()
    for width in (360, 390, 768, 1024, 1440, 3840):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


async def test_the_keyboard_goes_in_reading_order(page: Page, served: Served, site: FakeSite) -> None:
    busy(site)
    await page.goto(served.url)
    await expect(page.get_by_role("button", name="Acknowledge")).to_have_count(2)
    focused = "document.querySelector('hall-board').shadowRoot.activeElement?.textContent"
    order = []
    for _ in range(7):
        await page.keyboard.press("Tab")
        order.append(await page.evaluate(focused))
    assert order[1:] == ["Hall 1", "Hall 2", "Acknowledge", "Hall 3", "Acknowledge", "Hall 4"]


async def test_weeks_on_a_wall_leave_nothing_behind(page: Page, served: Served, site: FakeSite) -> None:
    """What many shows and lost connections make is given back: as many nodes as before."""
    count = "(function n(node) { let sum = 1; for (const child of node.childNodes) sum += n(child); return sum; })"
    nodes = f"{count}(document.querySelector('hall-board').shadowRoot)"

    async def one_evening() -> int:
        site.insert_film("h1")
        site.start("h1")
        site.break_film("h1")
        site.acknowledge("h1", "film_break")
        site.reset("h1")
        async with page.expect_response("**/stream?**"):
            site.drop_viewers()
        await expect(page.locator(".truth")).to_have_text("Live")
        await expect(page.get_by_role("article", name="Hall 1")).to_have_attribute("data-state", "threading")
        return int(await page.evaluate(nodes))

    await page.goto(f"{served.url}/wall")
    await expect(page.locator("svg.diagram")).to_have_count(4)
    early = [await one_evening() for _ in range(3)]
    late = [await one_evening() for _ in range(8)]
    assert max(late) <= max(early)


async def test_forced_colours_still_show_the_state(browser: Browser, served: Served, site: FakeSite) -> None:
    busy(site)
    context = await browser.new_context(forced_colors="active")
    page = await context.new_page()
    await page.goto(served.url)
    active = page.get_by_role("article", name="Hall 2").locator("[data-active] rect")
    other = page.get_by_role("article", name="Hall 2").locator(".state:not([data-active]) rect").first
    fill = "node => getComputedStyle(node).fill"
    assert await active.evaluate(fill) != await other.evaluate(fill)
    await context.close()
