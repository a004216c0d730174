# SPDX-License-Identifier: Apache-2.0
"""An evening in WordPress: real WordPress, real booth, real browser; only the film is simulated."""

import os
import re
import signal
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support.booth_tree import hands_at
from tests.support.demo_process import Demo
from tests.wordpress.people import REST, People, asked, card, is_live, nothing_for_axe
from tests.wordpress.wordpress import SITE, WordPress

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(300)]

SHOW_MS = 60_000
"""More than a reel takes in a demonstration, on a slow machine."""
BOARD = "/wp-admin/admin.php?page=projectionist"
HALL = f"{BOARD}&site={SITE}&hall=h1"
_HEAR = """
const Real = EventSource;
window.positions = [];
window.EventSource = class extends Real {
  constructor(url) {
    super(url);
    this.addEventListener("rows", ({ data }) => {
      window.positions.push(...JSON.parse(data).events.map((event) => event.pos));
    });
  }
};
const realFetch = fetch;
window.fetch = async (url, options) => {
  const answer = await realFetch(url, options);
  if (answer.ok && String(url).includes("/changes?after=")) {
    window.positions.push(...(await answer.clone().json()).events.map((event) => event.pos));
  }
  return answer;
};"""
_STAGES = """button => {
  window.stages = [];
  new MutationObserver(() => stages.push(button.dataset.stage)).observe(button, { attributeFilter: ["data-stage"] });
}"""


async def a_show(page: Page) -> None:
    hall = card(page, 1)
    for state in ("projecting", "rewinding"):
        await expect(hall).to_have_attribute("data-state", state, timeout=SHOW_MS)
        if state == "projecting":
            await expect(hall.locator(".beam")).to_have_attribute("visibility", "visible", timeout=SHOW_MS)
            await expect(hall).to_contain_text(re.compile(r"[1-9]\d* of 2,000 ft"))


async def a_break_is_announced(manager: Page, running: Demo) -> None:
    """In hall 2 the film breaks by itself, whoever looks; in hall 3 it does now."""
    await expect(card(manager, 2).locator(".word strong")).to_have_text("Film break", timeout=SHOW_MS)
    await expect(card(manager, 3)).to_have_attribute("data-state", "projecting", timeout=SHOW_MS)
    async with hands_at(running.hands) as hands:
        assert await hands("h3 fault break") == "ok"
    await expect(card(manager, 3).locator(".word strong")).to_have_text("Film break")
    await expect(manager.get_by_role("alert")).to_have_text("Hall 3: Fault: the film broke: thread it again.")
    await expect(card(manager, 3).get_by_role("button")).to_have_count(0)


async def others_are_refused(people: People, manager: Page) -> None:
    request = {"verb": "acknowledge", "args": ["film_break"]}
    answer = await asked(manager, "POST", f"{REST}/halls/h2/requests", request)
    assert answer["status"] == 403
    assert "You may look, not operate." in answer["said"]["message"]
    guest = await people.at(BOARD, "guest")
    await expect(guest.get_by_text("Sorry, you are not allowed to access this page.")).to_be_visible()
    answers = [
        await asked(guest, "POST", f"{REST}/halls/h2/requests", request),
        await asked(guest, "GET", f"{REST}/halls"),
    ]
    for answer, words in zip(answers, ("You may look, not operate.", "You may not see the halls."), strict=True):
        assert (answer["status"], answer["said"]["code"]) == (403, "projectionist_not_allowed")  # and no old nonce
        assert words in answer["said"]["message"]
    await expect(card(manager, 2)).to_contain_text("Before a reset: acknowledge the fault first.")


async def whoever_asked_gets_a_mail(manager: Page, press: WordPress) -> None:
    tab = await manager.context.new_page()
    await tab.goto(f"{press.url}/wp-admin/profile.php")
    await tab.get_by_label("Send me each new alarm by e-mail").check()
    await tab.get_by_role("button", name="Update Profile").click()
    await expect(tab.get_by_text("Profile updated.")).to_be_visible()
    await tab.close()
    say = "echo $mail['to'], ': ', $mail['subject'], PHP_EOL; return true;"
    caught = f"add_filter('pre_wp_mail', function ($no, $mail) {{ {say} }}, 10, 2);"
    said = press.run(f"{caught} do_action('projectionist_look'); do_action('projectionist_look');")
    words = "manager@rialto.example: Rialto, {}: the film broke: thread it again"
    mails = said.splitlines()
    assert {mail for mail in mails if "the film broke" in mail} == {words.format(hall) for hall in ("Hall 2", "Hall 3")}
    assert len(set(mails)) == len(mails)  # a busy machine may have raised others too; each was told once


async def the_dashboard_tells_what_is_wrong(operator: Page, press: WordPress) -> None:
    await operator.goto(f"{press.url}/wp-admin/")
    await is_live(operator)
    for number in (2, 3):
        await expect(card(operator, number)).to_contain_text("The film broke: thread it again.")
    await expect(operator.get_by_role("article")).not_to_have_count(4)
    await expect(operator.locator("#wpadminbar")).to_contain_text(re.compile(r"Halls: [2-9] unacknowledged"))
    await nothing_for_axe(operator, "#projectionist")


async def what_was_not_meant_is_not_asked(operator: Page) -> None:
    await card(operator, 2).get_by_role("button", name="Acknowledge").click()
    question = operator.get_by_role("dialog", name="Hall 2: acknowledge “film break”?")
    await nothing_for_axe(operator, "#wpbody")
    await question.get_by_role("button", name="Cancel").click()
    await expect(card(operator, 2)).to_contain_text("Before a reset: acknowledge the fault first.")


async def an_operator_acknowledges_and_resets(operator: Page, number: int) -> None:
    hall = card(operator, number)
    for verb in ("Acknowledge", "Reset"):
        button = hall.get_by_role("button", name=verb)
        await button.evaluate(_STAGES)
        await button.click()
        await operator.get_by_role("dialog").get_by_role("button", name=verb).click()
        done = f"Hall {number}: {verb.lower()} is done."
        await expect(operator.get_by_role("log")).to_contain_text(done, timeout=20_000)
        assert (await operator.evaluate("stages"))[:2] == ["asked", "done"]
        if verb == "Acknowledge":
            await expect(hall).to_contain_text("It can be reset.")
    await expect(hall).to_have_attribute("data-state", re.compile("^(idle|threading|projecting)$"), timeout=20_000)


async def a_refusal_says_why(operator: Page, press: WordPress) -> None:
    await operator.goto(press.url + HALL)
    await is_live(operator)
    await operator.get_by_role("button", name="Reset").click()
    await operator.get_by_role("dialog").get_by_role("button", name="Reset").click()
    await expect(operator.locator(".can .note")).to_have_text(re.compile("^Only in fault, and the hall is "))
    await nothing_for_axe(operator, "#wpbody")


async def operators_deeds(running: Demo) -> list[dict[str, Any]]:
    """Return what the booth's audit has of our operator, newest first."""
    headers = {"Authorization": f"Bearer {await running.token('admin')}"}
    asked_for = {"actor": "operator (wordpress)"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as client:
        rows: list[dict[str, Any]] = (await client.get(f"{running.url}/api/v1/audit", params=asked_for)).json()["rows"]
    return rows


async def the_booths_audit_names_the_operator(running: Demo, token: str, before: list[dict[str, Any]]) -> None:
    newest = before[0]["id"] if before else 0
    deeds = [row for row in await operators_deeds(running) if row["id"] > newest]
    assert [(row["action"], row["hall"]) for row in reversed(deeds)] == [
        *(("acknowledge", "h2"), ("reset", "h2"), ("acknowledge", "h3"), ("reset", "h3"), ("reset", "h1"))
    ]
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
        events = (await client.get(f"{running.url}/api/v1/events?hall=h2&kind=operator_requested")).json()["events"]
    assert [event["payload"]["actor"] for event in events[:2]] == ["operator (wordpress)"] * 2


async def the_booth_is_away_and_comes_back(manager: Page, running: Demo, token: str) -> None:
    first = (await manager.evaluate("positions"))[0]
    os.kill(running.web_pid(), signal.SIGKILL)
    await expect(manager.locator(".truth")).to_have_text(re.compile(r"^Offline since \d\d:\d\d"), timeout=12_000)
    await expect(card(manager, 1)).to_have_attribute("data-old", "")
    await expect(manager.locator(".truth")).to_have_text("Live", timeout=40_000)
    await expect(card(manager, 1).locator(".old")).to_be_hidden()
    await a_show(manager)
    heard = await manager.evaluate("positions")
    logged: list[int] = []
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10) as client:
        after: int | None = first - 1
        while after is not None:
            asked_for = f"{running.url}/api/v1/events?after={after}&limit=500"
            page = (await client.get(asked_for)).json()
            logged += [event["pos"] for event in page["events"]]
            after = page["next"]
    assert heard == [pos for pos in logged if pos <= heard[-1]]


async def test_an_evening(people: People, press: WordPress, running: Demo, token: str) -> None:
    manager = await people.page("manager")
    await manager.context.add_init_script(_HEAR)
    await manager.goto(press.url + BOARD)
    await is_live(manager)
    await a_break_is_announced(manager, running)
    await nothing_for_axe(manager, "#wpbody")
    await others_are_refused(people, manager)
    await whoever_asked_gets_a_mail(manager, press)
    operator, before = await people.page("operator"), await operators_deeds(running)
    await the_dashboard_tells_what_is_wrong(operator, press)
    await operator.goto(press.url + BOARD)
    await what_was_not_meant_is_not_asked(operator)
    for number in (2, 3):
        await an_operator_acknowledges_and_resets(operator, number)
    await expect(manager.get_by_role("log")).to_contain_text("Hall 3: ")
    await a_refusal_says_why(operator, press)
    await the_booths_audit_names_the_operator(running, token, before)
    await the_booth_is_away_and_comes_back(manager, running, token)
