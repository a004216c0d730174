# SPDX-License-Identifier: Apache-2.0
"""Where the stream cannot be reached the board asks: less often while nobody answers, and not all boards at once."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.support.chromium import until
from tests.web.board.fake_site import FakeSite
from tests.web.board.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAUSE_MS = 4_000
MOST_MS = 32_000
QUICKER = 40
_HURRY = f"""
const real = setTimeout;
let pause = 0;
window.pauses = [];
window.setTimeout = (then, ms, ...more) => {{
  pause = ms;
  return real(then, ms / {QUICKER}, ...more);
}};
const realFetch = fetch;
window.fetch = (url, options) => {{
  if (String(url).includes("/changes")) window.pauses.push(pause);
  return realFetch(url, options);
}};"""
"""Time runs quicker; `pauses` are those that were made before each question for changes."""


async def test_it_asks_less_and_less_often_and_each_board_at_times_of_its_own(
    page: Page, served: Served, site: FakeSite
) -> None:
    answers = [200, 502, 502, 502, 502, 502, 200, 200]

    async def changes(route: Route) -> None:
        told: dict[str, Any] = site.board() | {"events": [], "more": False}
        if "after=" not in route.request.url:
            told["events"] = None
        status = answers.pop(0) if answers else 200
        await route.fulfill(status=status, body=json.dumps(told if status == 200 else {"message": "away"}))

    site.other_page = (
        f'<!doctype html><script type="module" src="{served.url}/static/board/hall-board.js"></script>'
        '<hall-board src="/api/v1" poll></hall-board>'
    )
    await page.add_init_script(_HURRY)
    await page.route("**/api/v1/stream**", lambda route: route.abort())
    await page.route("**/api/v1/changes**", changes)
    await page.goto(f"{served.url}/other")
    await expect(page.locator(".truth")).to_contain_text("Delayed by")
    await until(page, "pauses.length >= 8", wanted=True)
    _, *pauses = await page.evaluate("pauses")
    wanted = [PAUSE_MS, *(PAUSE_MS * 2**n for n in (1, 2, 3)), MOST_MS, MOST_MS, PAUSE_MS]
    parts = [pause / want for pause, want in zip(pauses, wanted, strict=False)]
    assert all(0.75 <= part <= 1.25 for part in parts), pauses
    assert max(parts) - min(parts) > 0.02, pauses
