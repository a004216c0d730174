# SPDX-License-Identifier: Apache-2.0
"""The pages of deployments in a browser, at a real web process: live, honest about their age, for everybody to read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from statemachines.deployment_value import DeploymentState
from tests.support.axe import violations
from tests.support.lived_rollout import LivedRollout
from tests.support.told_reasons import AFTER, BEFORE
from tests.web.board.deploying import Deploying, deploying, done, opened, signed_in
from web.accounts.scopes import Scope

pytestmark = pytest.mark.asyncio(loop_scope="session")
REASONS = (*BEFORE.values(), *AFTER.values())
NOT_REACHED = {"booth3": "it cannot be reached"}


@pytest.fixture
def site(state: Path) -> Iterator[Deploying]:
    with deploying(state, 6) as made:
        yield made


@pytest.fixture
def wide(state: Path) -> Iterator[Deploying]:
    """A site with a server for each reason."""
    with deploying(state, len(REASONS)) as made:
        yield made


def server(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name, exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def troubled(site: Deploying) -> LivedRollout:
    """A roll-out with servers in every place: one waits for a hall, one was rolled back, one failed."""
    lived = site.begun(canaries=1, batch=4, failures_allowed=4)
    lived.run(until=("booth2", DeploymentState.PENDING))
    lived.hall("h4", film=True)
    lived.servers["booth2"].ills = frozenset({"self_test"})
    lived.servers["booth3"].ills = frozenset({"self_test"})
    lived.servers["booth3"].refuses = {"rollback": "the module is in use"}
    lived.run(until=("booth3", DeploymentState.FAILED))
    lived.forecast("", NOT_REACHED)
    lived.end()
    return lived


async def test_a_roll_out_is_planned_tried_begun_and_seen_to_its_end(page: Page, site: Deploying) -> None:
    await signed_in(page, site)
    await opened(page, site, "/deployments")
    await expect(page.get_by_text("None was planned yet.")).to_be_visible()
    await page.get_by_label("At a time").fill("3")
    await page.get_by_label("May fail").fill("1")
    await button(page, "Plan it").click()
    await expect(page).to_have_url(f"{site.url}/deployments/r1")
    await expect(page.locator(".stands")).to_have_text("Planned, and not begun.")
    await expect(page.get_by_role("heading", name="Wave 2")).to_be_visible()
    await button(page, "Dry run").click()
    await expect(page.get_by_role("row", name="booth1 would get it")).to_contain_text("to aaaaaaaaaaaa (reelctl-2).")
    await expect(page.locator(".stands")).to_have_text("Planned, and not begun.")
    await button(page, "Start").click()
    await expect(page.locator(".stands")).to_have_text("The roll-out runs: 5 waiting, 1 working.")
    await expect(button(page, "Start")).to_be_hidden()
    lived = site.rollout()
    await done(lambda: lived.run(until=("booth1", DeploymentState.PROBING)).end())
    await expect(server(page, "booth1").locator(".state")).to_have_text("Probing")
    await expect(server(page, "booth1").get_by_role("progressbar")).to_have_attribute("aria-valuenow", "75")
    await done(lambda: lived.run().end())
    await expect(page.locator(".stands")).to_have_text("The roll-out is over: 6 committed.")
    await expect(page.get_by_role("img", name="Of 6 servers: 6 committed")).to_be_visible()
    await expect(server(page, "booth6").locator(".state")).to_have_text("Committed")


async def test_what_went_wrong_is_read_on_its_server_and_on_its_own_page(page: Page, site: Deploying) -> None:
    lived = await done(lambda: troubled(site))
    await signed_in(page, site)
    await opened(page, site, "/deployments/r1")
    await expect(server(page, "booth2")).to_contain_text("Rolled back")
    await expect(server(page, "booth2")).to_contain_text("the self-test is not as it must be: tacho")
    await expect(server(page, "booth4")).to_contain_text(
        "It waits for its halls: hall h4 is idle with film in its path."
    )
    await expect(server(page, "booth3")).to_have_attribute("data-place", "failed")
    await page.get_by_role("link", name="booth3").click()
    await expect(page.locator(".stands")).to_contain_text("its halls stay held")
    await expect(
        page.get_by_role("row").filter(has_text="The self-test failed: tacho (probing → rolling back)")
    ).to_be_visible()
    logs = page.get_by_role("region", name="Kernel log")
    await expect(logs).to_have_count(2)
    await expect(logs.first).to_contain_text("reelctl: 2 devices")
    lived.servers["booth3"].refuses = {}
    await button(page, "Resume").click()
    await expect(button(page, "Resume: done")).to_be_visible()
    await done(lambda: lived.run().end())
    await expect(page.locator(".stands")).to_contain_text("The server runs what it ran before")


async def test_halls_are_let_go_only_where_that_can_be_and_only_after_asking_back(page: Page, site: Deploying) -> None:
    await done(lambda: troubled(site))
    await signed_in(page, site)
    await opened(page, site, "/deployments/r1/booth2/1")
    await expect(button(page, "Let halls go")).to_be_hidden()
    await opened(page, site, "/deployments/r1/booth3/1")
    await button(page, "Let halls go").click()
    dialog = page.get_by_role("dialog", name="Let the halls of booth3 go?")
    await expect(dialog).to_contain_text("Do it only when you have looked at it")
    await button(page, "I have looked: let them go").click()
    await expect(page.locator(".stands")).to_contain_text("and its halls were let go")
    await expect(button(page, "Let halls go")).to_be_hidden()


async def test_whatever_the_reason_the_pages_print_it_as_the_api_has_it(page: Page, wide: Deploying) -> None:
    def told() -> None:
        lived = wide.begun(canaries=0, batch=len(REASONS), failures_allowed=len(REASONS))
        for model, words in zip(lived.servers.values(), REASONS, strict=True):
            model.refuses = {"load": words}
        lived.run().end()

    await done(told)
    await signed_in(page, wide)
    reasons = {}
    for n, words in enumerate(REASONS, 1):
        answer = await page.request.get(f"{wide.url}/api/v1/deployments/r1.booth{n}.1")
        reasons[f"booth{n}"] = (await answer.json())["reason"]
        assert words in reasons[f"booth{n}"]
    await opened(page, wide, "/deployments/r1")
    for name, reason in reasons.items():
        await expect(server(page, name)).to_contain_text(reason)
    for name, reason in reasons.items():
        await opened(page, wide, f"/deployments/r1/{name}/1")
        await expect(page.locator(".stands")).to_contain_text(reason)


async def test_an_abort_asks_back_and_a_refusal_is_written_beside_the_buttons(page: Page, site: Deploying) -> None:
    await done(site.begun)
    await signed_in(page, site)
    await opened(page, site, "/deployments/r1")
    await button(page, "Abort").click()
    dialog = page.get_by_role("dialog", name="Abort roll-out r1?")
    await expect(dialog).to_contain_text("1 server being worked on go back to what they had.")
    await expect(button(page, "Let it go on")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(button(page, "Abort")).to_be_focused()
    await expect(page.locator(".stands")).to_have_text("The roll-out runs: 5 waiting, 1 working.")
    await button(page, "Abort").click()
    await button(page, "Abort it").click()
    await expect(page.locator(".stands")).to_contain_text("The roll-out was aborted")
    await button(page, "Pause").click()
    await expect(page.locator(".note")).to_have_text("The roll-out was aborted.")


async def test_who_may_only_look_has_no_buttons(page: Page, site: Deploying) -> None:
    await done(lambda: troubled(site))
    await signed_in(page, site, Scope.VIEW)
    for path in ("/deployments", "/deployments/r1", "/deployments/r1/booth3/1"):
        await opened(page, site, path)
        await expect(page.get_by_role("button", name=re.compile("Pause|Abort|Start|Plan|Dry"))).to_have_count(0)
    await opened(page, site, "/deployments")
    await expect(page.get_by_role("link", name="Add a signed release")).to_have_count(0)


async def test_a_silent_runtime_and_a_silent_server_make_it_old(page: Page, site: Deploying) -> None:
    await done(lambda: troubled(site))
    await signed_in(page, site)
    await opened(page, site, "/deployments/r1")
    site.lives = False
    await expect(page.locator(".truth")).to_contain_text("the controller is silent", timeout=15_000)
    await expect(page.locator(".old")).to_contain_text("Old: as of ")
    site.lives = True
    await expect(page.locator(".truth")).to_have_text("Live", timeout=15_000)
    await expect(page.locator(".old")).to_be_hidden()
    await done(site.web.stop)
    await expect(page.locator(".truth")).to_contain_text("no answer", timeout=15_000)
    await expect(page.locator(".old")).to_contain_text("Old: as of ")


async def test_a_release_is_verified_anew_when_it_is_opened(page: Page, site: Deploying) -> None:
    await signed_in(page, site)
    await opened(page, site, "/deployments")
    await page.get_by_text("What reelctl-2 consists of").click()
    await expect(page.locator("details .note")).to_have_text("It is not on the shelf: add it again.")
    await expect(page.locator("details")).to_contain_text("reelctl.ko")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_scrolls_sideways(page: Page, site: Deploying, theme: Any) -> None:
    await done(lambda: troubled(site))
    await page.emulate_media(color_scheme=theme)
    await signed_in(page, site)
    for path in ("/deployments", "/deployments/r1", "/deployments/r1/booth2/1"):
        await opened(page, site, path)
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await violations(page) == [], (path, width)
        for width in (360, 768, 3840):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
        await page.set_viewport_size({"width": 1440, "height": 900})


async def test_the_keyboard_goes_in_reading_order(page: Page, site: Deploying) -> None:
    await done(lambda: troubled(site))
    await signed_in(page, site)
    await opened(page, site, "/deployments/r1")
    focused = "document.querySelector('rollout-page').shadowRoot.activeElement?.textContent"
    order = []
    for _ in range(11):
        await page.keyboard.press("Tab")
        order.append(await page.evaluate(focused))
    assert order == [
        *("Rialto", "Deployments"),
        *("Dry run", "Pause", "Resume", "Abort"),
        *(f"booth{n}" for n in range(1, 6)),
    ]
