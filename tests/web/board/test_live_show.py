# SPDX-License-Identifier: Apache-2.0
"""A browser at a real site: real runtime, real sessions, real log, real web process; only the film is simulated."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.support.axe import violations
from tests.support.demo_process import Demo, demo
from tests.support.sites import own_databases

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(240)]

SHOW_MS = 60_000
"""More than a reel takes in a demonstration, on a slow machine."""


@pytest_asyncio.fixture(loop_scope="session")
async def running(tmp_path: Path) -> AsyncIterator[Demo]:
    await asyncio.to_thread(own_databases, tmp_path / "books")  # what earlier tests had is gone
    async with demo(tmp_path / "demo") as running:
        yield running


async def sign_in(page: Page, running: Demo) -> None:
    await page.get_by_label("Name").fill(running.user)
    await page.get_by_label("Password").fill(running.password)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".truth")).to_have_text("Live", timeout=20_000)


async def nothing_for_axe(page: Page) -> None:
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        assert await violations(page) == []


def card(page: Page, hall: int) -> Locator:
    return page.get_by_role("article", name=f"Hall {hall}")


async def a_whole_show(hall: Locator) -> None:
    for state in ("threading", "projecting", "rewinding", "idle|threading"):
        await expect(hall).to_have_attribute("data-state", re.compile(f"^({state})$"), timeout=SHOW_MS)
        if state == "projecting":
            await expect(hall.locator(".beam")).to_have_attribute("visibility", "visible", timeout=SHOW_MS)
            await expect(hall).to_contain_text(re.compile(r"[1-9]\d* of 2,000 ft"))


async def one_refusal_is_one_sentence_everywhere(page: Page, running: Demo) -> None:
    """Hall 2 stays in fault until somebody acts: what is said to START then is the same by all three ways."""
    await page.goto(f"{running.url}/halls/h2", wait_until="commit")
    await page.get_by_role("button", name="Start").click()
    note = page.locator(".can .note")
    await expect(note).to_have_text("The hall is in fault: acknowledge and reset it first.", timeout=20_000)
    token = await running.token("operate")
    asked = await page.request.post(
        f"{running.url}/api/v1/halls/h2/requests",
        data={"verb": "start"},
        headers={"Authorization": f"Bearer {token}"},
    )
    sentence = (await asked.json())["reason"]
    assert await note.inner_text() == f"{sentence[0].upper()}{sentence[1:]}."
    assert await running.ask("request", "h2", "start") == ("", f"projectionist: h2 refuses start: {sentence}")
    await page.goto(running.url, wait_until="commit")


async def a_break_is_acknowledged_and_reset(page: Page, running: Demo) -> None:
    hall = card(page, 2)
    await expect(hall.locator(".word strong")).to_have_text("Film break", timeout=SHOW_MS)
    await expect(hall).to_contain_text("The film broke: thread it again.")
    await one_refusal_is_one_sentence_everywhere(page, running)
    await hall.get_by_role("button", name="Acknowledge").click()
    await expect(hall).to_contain_text("It can be reset.", timeout=20_000)
    await hall.get_by_role("button", name="Reset").click()
    await expect(hall).to_have_attribute("data-state", re.compile("^(idle|threading|projecting)$"), timeout=20_000)


async def the_web_is_killed_and_comes_back(page: Page, running: Demo) -> None:
    os.kill(running.web_pid(), signal.SIGKILL)
    await expect(page.locator(".truth")).to_have_text(re.compile(r"^Offline since \d\d:\d\d"), timeout=10_000)
    await expect(card(page, 1)).to_have_attribute("data-old", "")
    await expect(page.locator(".truth")).to_have_text("Live", timeout=40_000)
    await expect(card(page, 1).locator(".old")).to_be_hidden()


async def test_an_evening_at_the_board(page: Page, running: Demo) -> None:
    await page.goto(running.url)
    await nothing_for_axe(page)
    await sign_in(page, running)
    await a_whole_show(card(page, 1))
    await a_break_is_acknowledged_and_reset(page, running)
    await nothing_for_axe(page)
    await the_web_is_killed_and_comes_back(page, running)
    await page.get_by_role("link", name="Hall 2").click()
    await expect(page.locator(".truth")).to_have_text("Live")
    await expect(page.get_by_role("row").filter(has_text="reset").first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="film broke").first).to_be_visible()
    await page.get_by_role("button", name="Reset").click()
    await expect(page.locator(".can .note")).to_have_text(re.compile("^Only in fault, and the hall is "))
    await nothing_for_axe(page)
