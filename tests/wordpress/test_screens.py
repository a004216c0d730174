# SPDX-License-Identifier: Apache-2.0
"""Each place where a board can stand: a block, a shortcode, the wall; who sees it, and how true it stays."""

import re

import httpx
import pytest
from playwright.async_api import expect

from tests.support.booth_tree import hands_at
from tests.support.demo_process import Demo
from tests.wordpress import loads
from tests.wordpress.people import REST, People, asked, card, is_live, nothing_for_axe
from tests.wordpress.wordpress import SITE, WordPress

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(180)]

_OLD_NONCE = """new MutationObserver(() => {
  const board = document.querySelector("hall-board");
  if (board && board.getAttribute("csrf") !== "0123456789") board.setAttribute("csrf", "0123456789");
}).observe(document, { childList: true, subtree: true });"""
WIDTHS = (360, 390, 768, 1440, 3840)


def page_with(press: WordPress, name: str, content: str) -> str:
    """Publish a page; return its path."""
    told = {"post_type": "page", "post_status": "publish", "post_title": name.title(), "post_name": name}
    fields = ", ".join(f"'{key}' => '{value}'" for key, value in (told | {"post_content": content}).items())
    press.run(f"wp_insert_post([{fields}]);")
    return f"/{name}/"


async def test_a_block_is_chosen_in_the_editor_and_shown_to_readers(people: People, press: WordPress) -> None:
    seen = "['core/edit-post' => ['welcomeGuide' => false], 'core' => ['enableChoosePatternModal' => false]]"
    press.run(f"update_user_meta(get_user_by('login', 'admin')->ID, 'wp_persisted_preferences', {seen});")
    page = await people.at("/wp-admin/post-new.php?post_type=page", "admin")
    canvas = page.frame_locator("iframe[name=editor-canvas]")
    await canvas.get_by_role("textbox", name="Add title").fill("Tonight")
    await page.keyboard.press("Enter")
    await page.keyboard.type("/hall board")
    await page.get_by_role("option", name="Hall board").click()
    await expect(canvas.locator(".truth")).to_have_text("Live")
    await expect(canvas.get_by_role("article")).to_have_count(4)
    await page.get_by_label("Compact: words alone").check()
    await page.get_by_label("Hall 4").uncheck()
    await page.get_by_label("Colours").select_option("Dark")
    await expect(canvas.get_by_role("article")).to_have_count(3)
    await expect(canvas.locator("svg.diagram")).to_have_count(0)
    await page.get_by_role("button", name="Publish", exact=True).first.click()
    panel = page.get_by_role("region", name="Editor publish")
    await panel.get_by_role("button", name="Publish", exact=True).click()
    shown = await panel.get_by_role("link", name="View Page").first.get_attribute("href")
    assert shown is not None
    await page.goto(shown)
    await is_live(page)
    await expect(page.get_by_role("article")).to_have_count(3)
    assert await page.locator("hall-board").get_attribute("theme") == "dark"
    await nothing_for_axe(page, "hall-board")


async def test_a_shortcode_shows_a_whole_board_with_its_diagrams(people: People, press: WordPress) -> None:
    path = page_with(press, "board", f'[projectionist site="{SITE}" halls="h1 h3"]')
    page = await people.at(path, "manager")
    await is_live(page)
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.locator("svg.diagram")).to_have_count(2)
    await nothing_for_axe(page, "hall-board")


async def test_nobody_gets_anything_without_a_login(people: People, press: WordPress) -> None:
    path = page_with(press, "closed", "[projectionist]")
    visitor = await people.at(path)
    await expect(visitor.get_by_role("link", name="Sign in to see the halls.")).to_be_visible()
    await expect(visitor.locator("hall-board")).to_have_count(0)
    async with httpx.AsyncClient(base_url=press.url, timeout=20) as nobody:
        for method, route in (
            ("GET", "site"),
            ("GET", "halls"),
            ("GET", "events"),
            ("GET", "changes"),
            ("GET", "halls/h1/graph"),
            ("POST", "stream/tickets"),
            ("POST", "halls/h1/requests"),
            ("POST", "test"),
        ):
            answer = await nobody.request(
                method, f"{REST}/{route}", json={"verb": "reset"} if method == "POST" else None
            )
            assert (route, answer.status_code) == (route, 401)
            assert answer.json()["message"] == "Sign in to see the halls."
        forged = await nobody.get(f"{REST}/halls", headers={"X-WP-Nonce": "0123456789"})
        assert forged.status_code == 403
        assert "halls" not in forged.json()
        wall = await nobody.get(f"/?projectionist_wall={SITE}")
        assert wall.status_code == 302
        assert "wp-login.php" in wall.headers["Location"]
    guest = await people.at(f"/?projectionist_wall={SITE}", "guest")
    await expect(guest.get_by_text("You may not see the halls.")).to_be_visible()


async def test_the_wall_is_the_board_alone_and_fits_every_width(people: People) -> None:
    wall = await people.at(f"/?projectionist_wall={SITE}", "manager")
    await is_live(wall)
    await expect(wall.get_by_role("article")).to_have_count(4)
    await expect(wall.get_by_role("button")).to_have_count(0)
    await expect(wall.get_by_role("link")).to_have_count(0)
    await expect(wall.locator("svg.diagram")).to_have_count(4)
    await nothing_for_axe(wall)
    for width in WIDTHS:
        await wall.set_viewport_size({"width": width, "height": 900})
        assert await wall.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


async def test_a_wall_goes_on_when_its_page_is_older_than_its_nonce(people: People, press: WordPress) -> None:
    """For a week nobody loads it anew: the component fetches a fresh one by itself."""
    wall = await people.page("manager")
    await wall.add_init_script(_OLD_NONCE)
    await wall.goto(f"{press.url}/?projectionist_wall={SITE}")
    assert await wall.locator("hall-board").get_attribute("csrf") == "0123456789"
    await is_live(wall)


async def test_a_wall_whose_login_ended_shows_the_login_page_and_comes_back_after_it(
    people: People, running: Demo, press: WordPress
) -> None:
    wall = await people.page("manager")
    await wall.context.route(f"{running.url}/**", lambda route: route.abort())  # so that it soon asks WordPress again
    await wall.goto(f"{press.url}/?projectionist_wall={SITE}")
    await expect(wall.locator(".truth")).to_have_text(re.compile(r"^Delayed by [4-9] s$"))
    press.run("WP_Session_Tokens::get_instance(get_user_by('login', 'manager')->ID)->destroy_all();")
    await wall.wait_for_url(re.compile("wp-login"), timeout=30_000)
    await wall.context.unroute(f"{running.url}/**")
    await people.sign_in(wall, "manager")
    await expect(wall).to_have_url(f"{press.url}/?projectionist_wall={SITE}")
    await is_live(wall)


@pytest.mark.timeout(300)
async def test_where_the_stream_cannot_be_reached_it_asks_instead(
    people: People, running: Demo, press: WordPress
) -> None:
    page = await people.page("manager")
    await page.context.route(f"{running.url}/**", lambda route: route.abort())
    await page.goto(f"{press.url}/wp-admin/admin.php?page=projectionist")
    await expect(page.locator(".truth")).to_have_text(re.compile(r"^Delayed by [4-9] s$"))
    await expect(page.locator("svg.diagram")).to_have_count(4)
    before = await page.evaluate("performance.now()")
    for state in ("projecting", "rewinding"):
        await expect(card(page, 1)).to_have_attribute("data-state", state, timeout=60_000)
    lasted_s = (await page.evaluate("performance.now()") - before) / 1000
    polls = await page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/changes')).length"
    )
    assert 1 <= polls <= lasted_s / 2.5 + 4
    await page.context.unroute(f"{running.url}/**")
    await expect(page.locator(".truth")).to_have_text("Live", timeout=75_000)


@pytest.mark.timeout(300)
async def test_an_alarm_is_shelved_for_as_long_as_was_chosen(people: People, running: Demo, press: WordPress) -> None:
    page = await people.at("/wp-admin/admin.php?page=projectionist", "operator")
    await is_live(page)
    hall = card(page, 1)  # whose film is the longest: an open door is an alarm while it runs
    async with hands_at(running.hands) as hands:
        for state in ("threading", "projecting"):
            await expect(hall).to_have_attribute("data-state", state, timeout=60_000)
        assert await hands("h1 door open") == "ok"
        await hall.get_by_role("button", name="Shelve").click(timeout=60_000)
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("For").select_option("30 minutes")
        await dialog.get_by_role("button", name="Shelve").click()
        await expect(hall).to_contain_text(re.compile(r"Shelved until \d\d:\d\d:\d\d\."))
        assert await hands("h1 door closed") == "ok"


async def test_the_settings_are_for_administrators_and_read_well(people: People, press: WordPress) -> None:
    page = await people.at("/wp-admin/options-general.php?page=projectionist-settings", "admin")
    await nothing_for_axe(page, "#wpbody-content .wrap")
    await page.get_by_role("group", name="Another booth").get_by_label("Id of the site").fill("odeon")
    await (
        page.get_by_role("group", name="Another booth")
        .get_by_label("Address of its server")
        .fill("http://odeon.example/x")
    )
    await page.get_by_role("button", name="Save Changes").click()
    await expect(page.get_by_text("odeon: “http://odeon.example/x” is no address of a server.")).to_be_visible()
    manager = await people.at("/wp-admin/options-general.php?page=projectionist-settings", "manager")
    await expect(manager.get_by_text("Sorry, you are not allowed to access this page.")).to_be_visible()


async def test_site_health_says_whether_all_agrees(people: People, press: WordPress) -> None:
    page = await people.at("/wp-admin/site-health.php", "admin")
    told = await asked(page, "GET", "/wp-json/projectionist/v1/health")
    assert (told["status"], told["said"]["status"]) == (200, "good")
    await page.get_by_role("button", name="Passed tests").click()
    found = page.get_by_role("button", name="The booths answer, and agree with this WordPress")
    await expect(found).to_be_visible(timeout=40_000)
    await page.goto(f"{press.url}/wp-admin/options-privacy.php?tab=policyguide")
    await expect(page.get_by_text("their user name is sent to the cinema's own booth server")).to_be_attached()


@pytest.mark.parametrize(
    ("stated", "who", "path"),
    [
        (loads.VIEWED, "manager", "/small/"),
        (loads.OPERATED, "operator", "/small/"),
        (loads.WALL, "manager", f"/?projectionist_wall={SITE}"),
        (loads.ADMIN, "manager", f"/wp-admin/admin.php?page=projectionist&site={SITE}"),
        (loads.ADMIN_OPERATED, "operator", f"/wp-admin/admin.php?page=projectionist&site={SITE}"),
        (loads.HALL, "operator", f"/wp-admin/admin.php?page=projectionist&site={SITE}&hall=h1"),
        (loads.BADGE, "manager", "/sample-page/"),
    ],
)
async def test_a_page_loads_what_the_guide_states(
    people: People, press: WordPress, stated: str, who: str, path: str
) -> None:
    if path == "/small/":
        page_with(press, "small", "[projectionist]")
    page = await people.page(who)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.goto(press.url + path)
    if stated == loads.BADGE:
        await expect(page.locator("#wpadminbar")).to_contain_text("Halls: ")
    else:
        await is_live(page)
    await expect(page.locator("svg.diagram").first).to_be_visible(visible=stated != loads.BADGE)
    ours = [url for url in loaded if "/plugins/projectionist/" in url]
    assert all("?ver=" in url for url in ours), ours
    files = {url.partition("?")[0].partition("/projectionist/")[2] for url in ours}
    assert files - {"assets/badge.js"} == set(loads.LOADS[stated]) - {"assets/badge.js"}


async def test_a_page_loads_nothing_from_elsewhere(people: People, press: WordPress, running: Demo) -> None:
    path = page_with(press, "small", "[projectionist]")
    page = await people.page("manager")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await page.goto(press.url + path)
    await is_live(page)
    await expect(page.locator("svg.diagram")).to_have_count(4)
    at_the_booth = {url.partition("?")[0] for url in loaded if url.startswith(running.url)}
    assert at_the_booth == {f"{running.url}/api/v1/stream"}
    elsewhere = [
        url for url in loaded if not url.startswith((press.url, running.url, "data:")) and "gravatar" not in url
    ]
    assert elsewhere == []
