# SPDX-License-Identifier: Apache-2.0
"""Fifty people who look hold no PHP process: a plain page takes no longer with them than without."""

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.support.demo_process import Demo
from tests.wordpress.people import REST
from tests.wordpress.wordpress import SITE, WordPress

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(180)]

VIEWERS = 50
PAGES = 12
PLAIN = "/sample-page/"


@asynccontextmanager
async def signed_in(press: WordPress) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that has logged in as somebody who may look."""
    async with httpx.AsyncClient(base_url=press.url, timeout=30, follow_redirects=True) as client:
        await client.get("/wp-login.php")
        told = {"log": "manager", "pwd": press.password, "testcookie": "1"}
        (await client.post("/wp-login.php", data=told)).raise_for_status()
        yield client


async def page_ms(press: WordPress) -> float:
    """Return how long a plain page takes for a visitor, at the median."""
    times = []
    async with httpx.AsyncClient(base_url=press.url, timeout=30) as visitor:
        await visitor.get(PLAIN)
        for _ in range(PAGES):
            began = time.perf_counter()
            (await visitor.get(PLAIN)).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


@asynccontextmanager
async def viewer(
    browser: httpx.AsyncClient, nonce: str, running: Demo, press: WordPress
) -> AsyncIterator[asyncio.Event]:
    """Look as a board does: a ticket from WordPress, the stream from the booth. Gives what is set at each beat."""
    answer = await browser.post(f"{REST}/stream/tickets", headers={"X-WP-Nonce": nonce}, json={})
    answer.raise_for_status()
    beat = asyncio.Event()
    async with httpx.AsyncClient(timeout=20) as client:
        query = {"ticket": answer.json()["ticket"]}
        async with client.stream(
            "GET", f"{running.url}/api/v1/stream", params=query, headers={"Origin": press.url}
        ) as said:
            assert said.headers["Access-Control-Allow-Origin"] == press.url

            async def listen() -> None:
                async for line in said.aiter_lines():
                    if line == "event: beat":
                        beat.set()

            listening = asyncio.create_task(listen())
            try:
                yield beat
            finally:
                listening.cancel()
                await asyncio.wait([listening])


async def test_fifty_viewers_leave_the_workers_free(press: WordPress, running: Demo, connected: None) -> None:
    alone = await page_ms(press)
    async with signed_in(press) as browser, AsyncExitStack() as looking:
        wall = (await browser.get(f"/?projectionist_wall={SITE}")).text
        found = re.search(r' csrf="(\w+)"', wall)
        assert found is not None
        beats = [await looking.enter_async_context(viewer(browser, found[1], running, press)) for _ in range(VIEWERS)]
        with_them = await page_ms(press)
        for beat in beats:
            beat.clear()
        async with asyncio.timeout(15):
            await asyncio.gather(*(beat.wait() for beat in beats))
    print(f"a plain page: {alone:.0f} ms; while {VIEWERS} look: {with_them:.0f} ms")
    assert with_them < alone * 2 + 100
