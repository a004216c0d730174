# SPDX-License-Identifier: Apache-2.0
"""The board never shows what is old as if it were of now."""

import re
import time

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_server_that_stops_is_offline_since_then_and_live_again_later(
    page: Page, served: Served, site: FakeSite
) -> None:
    site.insert_film("h1")
    await page.goto(served.url)
    truth = page.locator(".truth")
    first = page.get_by_role("article", name="Hall 1")
    await expect(truth).to_have_text("Live")
    await served.stop()
    await expect(truth).to_have_text(re.compile(r"^Offline since \d\d:\d\d \(no answer\)$"))
    await expect(first).to_have_attribute("data-old", "")
    await expect(first.locator(".old")).to_have_text(re.compile(r"^Old: as of \d\d:\d\d:\d\d, 0:\d\d ago\.$"))
    frozen = await first.locator(".since").text_content()
    await page.wait_for_timeout(1_500)
    assert await first.locator(".since").text_content() == frozen
    site.start("h1")  # while nobody could hear it
    await served.start()
    await expect(truth).to_have_text("Live", timeout=15_000)
    await expect(first).to_have_attribute("data-state", "projecting")
    await expect(first.locator(".old")).to_be_hidden()


async def test_a_stream_that_falls_silent_is_delayed_then_offline(page: Page, served: Served, site: FakeSite) -> None:
    await page.clock.install()
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Live")
    site.silent = True
    await page.clock.pause_at(time.time() + 1)
    await page.clock.run_for(5_000)
    await expect(page.locator(".truth")).to_have_text(re.compile(r"^Delayed by [5-9] s$"))
    await page.clock.run_for(6_000)
    await expect(page.locator(".truth")).to_have_text(re.compile("^Offline since"))


async def test_a_dead_controller_is_not_a_quiet_one(page: Page, served: Served, site: FakeSite) -> None:
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Live")
    site.runtime = "dead"
    await expect(page.locator(".truth")).to_have_text(
        re.compile(r"^Offline since \d\d:\d\d \(the controller is silent\)$")
    )


async def test_one_hall_that_nobody_keeps_is_grey_and_says_its_age(page: Page, served: Served, site: FakeSite) -> None:
    site.halls["h2"].live = False
    site.halls["h2"].beat_ms -= 200_000
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Live")
    second = page.get_by_role("article", name="Hall 2")
    await expect(second.locator(".old")).to_have_text(re.compile(r"^Old: as of \d\d:\d\d:\d\d, 3:2\d ago\.$"))
    await expect(page.get_by_role("article", name="Hall 1").locator(".old")).to_be_hidden()


async def test_it_resumes_after_what_it_has_and_reads_nothing_twice(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    await page.goto(f"{served.url}/halls/h1")
    rows = page.get_by_role("row")
    await expect(rows.filter(has_text="film inserted")).to_have_count(1)
    site.start("h1")
    await expect(rows.filter(has_text="show started")).to_have_count(1)
    site.drop_viewers()
    site.break_film("h1")
    await expect(rows.filter(has_text="film broke")).to_have_count(1)
    await expect(rows.filter(has_text="show started")).to_have_count(1)
    assert "last_event_id=2" in site.streams[-1]


async def test_each_connection_takes_a_new_ticket(page: Page, served: Served, site: FakeSite) -> None:
    site.needs_ticket = True
    await page.goto(f"{served.url}/ticket")
    await expect(page.locator(".truth")).to_have_text("Live")
    site.tickets[0] = "used"
    async with page.expect_response(lambda answer: "ticket=ticket1" in answer.url and answer.ok):
        site.drop_viewers()
    await expect(page.locator(".truth")).to_have_text("Live")


async def test_whoever_is_signed_out_is_led_to_the_login(page: Page, served: Served, site: FakeSite) -> None:
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Live")
    site.signed_in = False
    site.drop_viewers()
    await expect(page).to_have_url(f"{served.url}/login?next=%2F")


async def test_a_screen_reader_hears_a_change_of_truth_once(
    page: Page, served: Served, context: BrowserContext
) -> None:
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Live")
    await served.stop()
    await expect(page.get_by_role("log").get_by_text(re.compile("Offline since"))).to_have_count(1)
    await page.wait_for_timeout(2_500)
    assert await page.get_by_role("log").get_by_text(re.compile("Offline since")).count() == 1
    await served.start()


async def test_it_works_in_a_page_of_another_origin_without_cookies(page: Page, served: Served, site: FakeSite) -> None:
    """That page brings a ticket for each connection, and the diagram; all else comes by the stream."""
    blog = Served(FakeSite())
    await blog.start()
    site.needs_ticket, site.tickets = True, ["ticket0"]
    site.insert_film("h1")
    blog.site.other_page = (
        f'<!doctype html><script type="module" src="{served.url}/static/board/hall-board.js"></script>'
        f'<hall-board src="{served.url}/api/v1" ticket-url="/api/v1/stream/tickets"'
        ' graph-url="/api/v1/halls/{id}/graph"></hall-board>'
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{blog.url}/other")
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.locator("svg.diagram")).to_have_count(4)
    site.start("h1")
    await expect(page.get_by_role("article", name="Hall 1")).to_have_attribute("data-state", "projecting")
    api = [url for url in asked if url.startswith(f"{served.url}/api/")]
    assert api == [f"{served.url}/api/v1/stream?ticket=ticket0"]
    await blog.stop()


async def test_a_server_that_is_itself_refused_by_the_booth_is_no_answer(page: Page, served: Served) -> None:
    """As a WordPress says it whose token was revoked: nobody waits for what does not come."""
    words = '{"code": "refused_us", "message": "The booth refuses this WordPress."}'
    await page.route("**/api/v1/halls", lambda route: route.fulfill(status=424, body=words))
    await page.goto(served.url)
    await expect(page.locator(".truth")).to_have_text("Offline (no answer)")
