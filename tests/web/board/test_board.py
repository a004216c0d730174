# SPDX-License-Identifier: Apache-2.0
"""The board in a browser: what it shows, that it changes in place, and what a press of a button becomes."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.chromium import until
from tests.web.board.fake_graph import drawn
from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")


def card(page: Page, hall: int) -> Locator:
    return page.get_by_role("article", name=f"Hall {hall}")


async def test_a_show_is_followed_through_its_states(page: Page, served: Served, site: FakeSite) -> None:
    await page.goto(served.url)
    first = card(page, 1)
    await expect(first).to_contain_text("no film in the path")
    await expect(first.locator(".word strong")).to_have_text("Idle")
    site.insert_film("h1")
    await expect(first.locator(".word strong")).to_have_text("Threaded, ready to start")
    await expect(first).to_contain_text("Cinema Paradiso · 35 mm · reel 2 of 6")
    site.start("h1")
    await expect(first.locator(".word strong")).to_have_text("Projecting")
    await expect(first).to_contain_text("1,140 of 2,000 ft")
    await expect(first).to_contain_text("9:33 left")
    await expect(first.get_by_role("img", name=re.compile("57 % on the take-up reel, the film runs"))).to_be_visible()
    await expect(first.locator(".beam")).to_have_attribute("visibility", "visible")
    site.end_reel("h1")
    await expect(first.locator(".beam")).to_have_attribute("visibility", "hidden")
    await expect(first.get_by_role("img", name=re.compile("the film rewinds, dowser closed"))).to_be_visible()


async def test_the_reels_have_the_diameters_of_what_is_on_them(page: Page, served: Served, site: FakeSite) -> None:
    """Areas, less the hubs, are as the feet: 860 left, 1,140 run."""
    site.insert_film("h1")
    site.start("h1")
    await page.goto(served.url)
    film = card(page, 1).locator(".film")
    feed, take_up = [float(await film.nth(n).get_attribute("r") or 0) for n in (0, 1)]
    hub_area = 41**2 * 0.116
    assert (feed**2 - hub_area) / (take_up**2 - hub_area) == pytest.approx(860 / 1140, rel=0.01)


async def test_the_diagram_marks_the_state_and_the_last_edge(page: Page, served: Served, site: FakeSite) -> None:
    await page.goto(served.url)
    diagram = card(page, 1).locator("svg.diagram")
    await expect(diagram.locator("[data-active]")).to_have_attribute("data-name", "idle")
    site.insert_film("h1")
    await expect(diagram.locator("[data-active]")).to_have_attribute("data-name", "threading")
    await expect(diagram.locator(".fired")).to_have_attribute("d", drawn("idle", "threading"))
    await expect(diagram).to_have_attribute(
        "aria-label", "State diagram. The hall is threading; came from idle: film was put into the path"
    )
    await expect(card(page, 1).get_by_text("threading, now")).to_be_attached()


async def test_the_edge_that_fires_is_drawn_once_unless_motion_is_unwanted(
    page: Page, served: Served, site: FakeSite
) -> None:
    moving = "() => document.querySelector('hall-board').shadowRoot.querySelector('.fired').getAnimations().length"
    await page.emulate_media(reduced_motion="no-preference")
    await page.goto(served.url)
    await expect(card(page, 1).locator("[data-active]")).to_be_visible()
    assert await page.evaluate(moving) == 0
    site.insert_film("h1")
    await until(page, moving, 1)
    await until(page, moving, 0)
    await page.emulate_media(reduced_motion="reduce")
    site.start("h1")
    await expect(card(page, 1).locator("[data-active]")).to_have_attribute("data-name", "projecting")
    assert await page.evaluate(moving) == 0


async def test_it_changes_in_place(page: Page, served: Served, site: FakeSite) -> None:
    """A node that was there stays the same node, and keeps the keyboard's place."""
    await page.goto(served.url)
    link = card(page, 1).get_by_role("link", name="Hall 1")
    await link.focus()
    await link.evaluate("node => { window.kept = node }")
    for hall in ("h1", "h2"):
        site.insert_film(hall)
        site.start(hall)
    await expect(card(page, 1)).to_have_attribute("data-state", "projecting")
    assert await link.evaluate("node => node === window.kept && node.getRootNode().activeElement === node")


async def test_a_fault_is_told_acknowledged_and_reset_from_its_card(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h2")
    site.start("h2")
    await page.goto(served.url)
    second = card(page, 2)
    await expect(second).to_have_attribute("data-state", "projecting")
    site.break_film("h2")
    await expect(second.locator(".word strong")).to_have_text("Film break")
    await expect(page.get_by_role("alert")).to_have_text("Hall 2: Fault: the film broke: thread it again.")
    await expect(second.get_by_role("list", name="Alarms")).to_contain_text("The film broke: thread it again.")
    await expect(second).to_contain_text("Before a reset: the fault is not acknowledged yet.")
    await expect(page.locator(".facts[data-bad]")).to_have_text("1 fault · 1 open alarm")
    site.held = asyncio.Event()
    acknowledge = second.get_by_role("button", name="Acknowledge")
    await acknowledge.click()
    await expect(second.get_by_role("button", name="Acknowledge: asked")).to_be_visible()
    site.held.set()
    await expect(second).to_contain_text("Acknowledged. It can be reset.")
    reset = second.get_by_role("button", name="Reset")
    await expect(reset).to_be_focused()
    await reset.press("Enter")
    await expect(second).to_have_attribute("data-state", "threading")
    await expect(page.locator(".counts, .facts").nth(1)).to_have_text("all in order")
    assert [(hall, asked["verb"], asked["args"]) for hall, asked in site.posts] == [
        ("h2", "acknowledge", ["film_break"]),
        ("h2", "reset", []),
    ]


@pytest.mark.parametrize(
    "instead",
    [
        (502, "<h1>Bad gateway</h1>"),
        (502, '{"code": "unanswered", "message": "The booth does not answer."}'),
        (504, ""),
    ],
)
async def test_an_answer_that_was_lost_on_its_way_is_no_refusal(
    page: Page, served: Served, site: FakeSite, instead: tuple[int, str]
) -> None:
    site.break_film("h2")
    site.held = asyncio.Event()
    site.lost = [instead, instead]
    await page.goto(served.url)
    second = card(page, 2)
    async with page.expect_request(re.compile("/api/v1/requests/")):  # it was heard at last
        await second.get_by_role("button", name="Acknowledge").click()
    await expect(second.get_by_role("button", name="Acknowledge: asked")).to_be_visible()
    site.held.set()
    await expect(second).to_contain_text("Acknowledged. It can be reset.")
    await expect(second.locator(".note")).to_have_text("")
    assert len({asked["id"] for _, asked in site.posts}) == 1


async def test_what_a_booth_itself_says_with_a_503_is_told_at_once(page: Page, served: Served, site: FakeSite) -> None:
    site.break_film("h2")
    site.lost = [(503, '{"error": {"code": "unavailable", "words": "It reached nobody."}}')]
    await page.goto(served.url)
    await card(page, 2).get_by_role("button", name="Acknowledge").click()
    await expect(card(page, 2)).to_contain_text("It reached nobody.")
    assert len(site.posts) == 1


async def test_whoever_may_only_look_has_no_buttons(page: Page, served: Served, site: FakeSite) -> None:
    site.scope = "view"
    site.break_film("h2")
    await page.goto(served.url)
    await expect(card(page, 2).get_by_role("list", name="Alarms")).to_be_visible()
    assert await card(page, 2).get_by_role("button").count() == 0


async def test_a_session_in_trouble_says_so_in_a_word_and_a_shape(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h3")
    site.halls["h3"].troubled = "sound"
    await page.goto(served.url)
    sessions = card(page, 3).get_by_role("list", name="Sessions").get_by_role("listitem")
    await expect(sessions.nth(0)).to_contain_text("up")
    await expect(sessions.nth(0)).to_contain_text("4:1")
    await expect(sessions.nth(1)).to_contain_text("trying again")
    await expect(sessions.nth(1)).to_have_attribute("data-shape", "bad")
    await expect(sessions.nth(1).locator(".word")).to_have_attribute("title", re.compile("is the server on"))


async def test_the_next_show_is_told(page: Page, served: Served, site: FakeSite) -> None:
    starts = site.site()["now_ms"] + 20 * 60_000
    site.halls["h4"].next_show = {
        "id": "1",
        "title": "Metropolis",
        "starts_ms": starts,
        "sessions_open_ms": starts - 900_000,
        "start": "operator",
    }
    await page.goto(served.url)
    told = re.compile(r"Next: Metropolis, \d\d:\d\d, in (20:00|19:5\d)\. Sessions open at \d\d:\d\d\.")
    await expect(card(page, 4)).to_contain_text(told)


async def test_the_wall_has_nothing_to_press(page: Page, served: Served, site: FakeSite) -> None:
    site.break_film("h2")
    await page.goto(f"{served.url}/wall")
    await expect(card(page, 2)).to_contain_text("Film break")
    assert await page.get_by_role("button").count() == 0
    assert await page.get_by_role("link").count() == 0


async def test_one_hall_s_diagram_stands_alone(page: Page, served: Served, site: FakeSite) -> None:
    site.insert_film("h1")
    await page.goto(f"{served.url}/diagram")
    await expect(page.locator("svg.diagram [data-active]")).to_have_attribute("data-name", "threading")
    await expect(page.locator(".truth")).to_have_text("Hall 1 · Live")
    site.start("h1")
    await expect(page.locator("svg.diagram [data-active]")).to_have_attribute("data-name", "projecting")
    assert all("hall=h1" in query for query in site.streams)
