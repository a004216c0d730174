# SPDX-License-Identifier: Apache-2.0
"""People at a browser: those who have signed in to a WordPress, and those who have not."""

from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.axe import violations
from tests.support.chromium import only_loopback
from tests.wordpress.leaks import Leaks
from tests.wordpress.wordpress import SITE, WordPress

REST = f"/wp-json/projectionist/v1/sites/{SITE}"


class People:
    """`page(name)` is the page of somebody who has logged in; with no name, of nobody. None may raise anything."""

    def __init__(self, browser: Browser, press: WordPress, leaks: Leaks) -> None:
        self._browser, self._press, self._leaks = browser, press, leaks
        self._contexts: list[BrowserContext] = []
        self._raised: list[str] = []

    async def page(self, name: str = "", **options: Any) -> Page:
        context = await self._browser.new_context(
            **({"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"} | options)
        )
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        await context.route("**", only_loopback)
        page = await context.new_page()
        page.on("pageerror", lambda error: self._raised.append(f"{page.url}: {error}"))
        self._leaks.watch(context)
        if name:
            await self._log_in(page, name)
        return page

    async def at(self, path: str, name: str = "", **options: Any) -> Page:
        """Return the page of somebody who has come to this address."""
        page = await self.page(name, **options)
        await page.goto(self._press.url + path)
        return page

    async def leave(self) -> None:
        """Close all pages; nothing of what they held was the token, and none has raised anything."""
        for context in self._contexts:
            await self._leaks.leave(context)
            await context.close()
        if self._raised:
            raise AssertionError(self._raised)

    async def _log_in(self, page: Page, name: str) -> None:
        # To the front page: the profile page, where readers land else, throws when it is left before it is ready.
        await page.goto(f"{self._press.url}/wp-login.php?redirect_to=%2F")
        await self.sign_in(page, name)

    async def sign_in(self, page: Page, name: str) -> None:
        """Fill in the login page, where this page already is."""
        await page.locator("#user_login").fill(name)
        await page.locator("#user_pass").fill(self._press.password)
        await page.locator("#wp-submit").click()
        await page.wait_for_url(lambda url: "wp-login" not in url)


def card(page: Page, hall: int) -> Locator:
    return page.get_by_role("article", name=f"Hall {hall}")


async def is_live(page: Page) -> None:
    await expect(page.locator(".truth").first).to_have_text("Live", timeout=20_000)


async def nothing_for_axe(page: Page, inside: str | None = None) -> None:
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        found = await violations(page, inside)
        if found:
            raise AssertionError(f"{page.url}, {theme}: {found}")


async def asked(page: Page, method: str, path: str, body: object = None) -> dict[str, Any]:
    """Ask a REST route as this person's own scripts would; return its status and what it said."""
    script = """async ([method, url, body]) => {
        const nonce = await (await fetch("/wp-admin/admin-ajax.php?action=rest-nonce")).text();
        const headers = { "X-WP-Nonce": nonce, "Content-Type": "application/json" };
        const answer = await fetch(url, { method, headers, body: body === null ? undefined : JSON.stringify(body) });
        return { status: answer.status, said: await answer.json() };
    }"""
    told: dict[str, Any] = await page.evaluate(script, [method, path, body])
    return told
