# SPDX-License-Identifier: Apache-2.0
"""A hall's own page: what can happen, requests and their refusals, the last hour, the way back in time."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(page: Page, served: Served) -> None:
    await page.goto(f"{served.url}/halls/h1")
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.locator("svg.diagram")).to_be_visible()


async def test_what_can_happen_is_told_with_its_reasons(page: Page, served: Served, site: FakeSite) -> None:
    await opened(page, served)
    start = page.locator("dl div").filter(has=page.get_by_text("start", exact=True))
    await expect(start).to_contain_text("blocked no film is threaded in this hall")
    site.insert_film("h1")
    await expect(start).to_contain_text("can happen → projecting")


async def test_a_refusal_is_the_machine_s_sentence(page: Page, served: Served, site: FakeSite) -> None:
    await opened(page, served)
    await page.get_by_role("button", name="Start").click()
    await expect(page.locator(".can .note")).to_have_text("No film is threaded in this hall.")
    await expect(page.get_by_role("row").filter(has_text="start refused")).to_contain_text("no film is threaded")
    site.insert_film("h1")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("button", name="Start: done")).to_be_visible()
    await expect(page.locator(".can .note")).to_be_empty()
    await expect(page.get_by_role("heading", name=re.compile("State · 0:0[0-9] in projecting"))).to_be_visible()


async def test_before_the_hall_is_read_only_an_emergency_stop_can_be_asked_for(
    page: Page, served: Served, site: FakeSite
) -> None:
    site.insert_film("h1")
    site.start("h1")
    site.held = asyncio.Event()  # a booth that answers at once is done before anybody sees that it was asked
    read = asyncio.Event()

    async def late(route: Route) -> None:
        if route.request.method == "GET":
            await read.wait()
        await route.continue_()

    await page.route(re.compile(r"/api/v1/"), late)
    await page.goto(f"{served.url}/halls/h1")
    await expect(page.get_by_role("button", name="Start")).to_be_disabled()
    await page.get_by_role("button", name="Emergency stop").click()
    await expect(page.get_by_role("button", name="Emergency stop: asked")).to_be_visible()
    site.held.set()
    read.set()
    await expect(page.get_by_role("button", name="Start")).to_be_enabled()
    await expect(page.locator(".top .word")).to_have_text("Emergency stop")
    assert [(hall, asked["verb"]) for hall, asked in site.posts] == [("h1", "emergency_stop")]
    await page.unroute_all(behavior="wait")


async def test_emergency_stop_asks_nothing_back(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    site.start("h1")
    await opened(page, served)
    await page.get_by_role("button", name="Emergency stop").click()
    await expect(page.locator(".top .word")).to_have_text("Emergency stop")
    assert [(hall, asked["verb"]) for hall, asked in site.posts] == [("h1", "emergency_stop")]


async def test_a_server_that_is_gone_is_said_and_the_request_repeated_once_it_is_back(
    page: Page, served: Served, site: FakeSite
) -> None:
    site.insert_film("h1")
    await opened(page, served)
    await served.stop()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("button", name="Start: asked")).to_be_visible()
    await served.start()
    await expect(page.get_by_role("button", name="Start: done")).to_be_visible(timeout=15_000)
    assert len({asked["id"] for _, asked in site.posts}) == 1


async def test_the_slider_goes_back_in_time_and_says_so(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    site.start("h1")
    await opened(page, served)
    slider = page.get_by_role("slider", name="Time shown")
    await slider.focus()
    await slider.press("Home")
    await expect(page.locator(".truth")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d, replay$"))
    await expect(page.locator(".top .word")).to_have_text("Idle")
    await expect(page.get_by_role("button", name="Start")).to_be_disabled()
    await expect(page.get_by_role("button", name="Emergency stop")).to_be_enabled()
    await page.get_by_role("button", name="Live").press("Enter")
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.locator(".top .word")).to_have_text("Projecting")
    await expect(slider).to_be_focused()


async def test_the_last_hour_is_told_as_lanes(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    site.start("h1")
    await opened(page, served)
    told = re.compile(r"^state: idle from \d\d:\d\d, threading from .*, projecting from \d\d:\d\d$")
    await expect(page.get_by_role("img", name=told)).to_be_visible()
    await expect(page.locator(".track i[data-kind=backing_off]")).to_have_count(1)
    await expect(page.get_by_role("img", name=re.compile(r"Sound against picture, newest \+6.0 ms"))).to_be_visible()
    await expect(page.get_by_text("±20.8 ms")).to_be_visible()


async def test_a_move_says_why_it_is_blocked_on_focus(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    site.halls["h1"].troubled = "sound"
    await opened(page, served)
    move = page.get_by_role("img", name=re.compile("^Threading to projecting"))
    await move.focus()
    await expect(page.locator(".caption")).to_have_text(
        "Threading to projecting: the show was started (blocked: the sound session is not up since 19:52:01)"
    )


async def test_the_event_list_stays_short(page: Page, served: Served, site: FakeSite) -> None:
    await opened(page, served)
    for _ in range(15):
        site.insert_film("h1")
        site.start("h1")
        site.end_reel("h1")
    await expect(page.get_by_role("row").filter(has_text="reel end").first).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(25)
