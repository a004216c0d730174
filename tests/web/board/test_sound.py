# SPDX-License-Identifier: Apache-2.0
"""The board's own voice: for a new alarm, once somebody has touched the page, unless it is muted."""

import pytest
from playwright.async_api import Page, expect

from tests.support.chromium import until
from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNT = "window.beeps = 0; addEventListener('beep', () => window.beeps++);"


async def test_a_new_alarm_is_heard_after_the_first_touch(page: Page, served: Served, site: FakeSite) -> None:
    await page.add_init_script(COUNT)
    await page.goto(served.url)
    await expect(page.get_by_role("button", name="Alarm sound: press any key")).to_be_visible()
    await page.keyboard.press("Shift")
    await expect(page.get_by_role("button", name="Alarm sound is on")).to_be_visible()
    site.break_film("h2")
    await until(page, "window.beeps", 1)


async def test_muted_it_is_silent_and_stays_so_for_the_next_page(page: Page, served: Served, site: FakeSite) -> None:
    await page.add_init_script(COUNT)
    await page.goto(served.url)
    await page.get_by_role("button", name="Alarm sound").click()
    await expect(page.get_by_role("button", name="Alarm sound is off")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Alarm sound is off")).to_be_visible()
    await page.keyboard.press("Shift")
    site.break_film("h2")
    await expect(page.get_by_role("article", name="Hall 2")).to_contain_text("Film break")
    assert await page.evaluate("window.beeps") == 0
