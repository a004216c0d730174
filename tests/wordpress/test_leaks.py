# SPDX-License-Identifier: Apache-2.0
"""The search for the token finds what is there to be found, wherever it is."""

import base64

import pytest
from playwright.async_api import Browser

from tests.wordpress.leaks import Leaks

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "prj_rialto_0123456789ab_abcdef"
PAGE = "http://127.0.0.1:9/"
EMPTY = "<!doctype html><title>empty</title>"


@pytest.mark.parametrize(
    ("where", "address", "headers", "body"),
    [
        ("the page", PAGE, {}, f"{EMPTY}<p data-token={SECRET}>"),
        ("its secret part alone", PAGE, {}, f"{EMPTY}abcdef"),
        ("encoded", PAGE, {}, EMPTY + base64.b64encode(SECRET.encode()).decode()),
        ("a header", PAGE, {"X-Token": SECRET}, EMPTY),
        ("the address", f"{PAGE}?token={SECRET}", {}, EMPTY),
        (
            "what a script writes",
            PAGE,
            {},
            f"{EMPTY}<script>document.title = 'prj_rialto_0123456789ab_' + 'abc' + 'def'</script>",
        ),
        ("local storage", PAGE, {}, f"{EMPTY}<script>localStorage.kept = 'abc' + 'def'</script>"),
        ("session storage", PAGE, {}, f"{EMPTY}<script>sessionStorage.kept = 'abc' + 'def'</script>"),
        ("a cookie", PAGE, {}, f"{EMPTY}<script>document.cookie = 'kept=abc' + 'def'</script>"),
        ("nowhere", PAGE, {}, EMPTY),
    ],
)
async def test_it_is_found(browser: Browser, where: str, address: str, headers: dict[str, str], body: str) -> None:
    leaks = Leaks(SECRET)
    context = await browser.new_context()
    leaks.watch(context)
    told = {"Content-Type": "text/html"} | headers
    await context.route(f"{PAGE}**", lambda route: route.fulfill(body=body, headers=told))
    page = await context.new_page()
    await page.goto(address)
    await leaks.leave(context)
    await context.close()
    assert (bool(leaks.found), leaks.unread) == (where != "nowhere", [])


async def test_what_could_not_be_read_is_not_called_looked_through(browser: Browser) -> None:
    leaks = Leaks(SECRET)
    context = await browser.new_context()
    leaks.watch(context)
    await context.route(f"{PAGE}**", lambda route: route.fulfill(body=EMPTY, content_type="text/html"))
    page = await context.new_page()
    async with page.expect_response(PAGE) as answer:
        await page.goto(PAGE)
    response = await answer.value
    await page.close()
    seen = leaks.seen
    await leaks.read(response)
    await context.close()
    assert leaks.unread == [PAGE]
    assert leaks.seen == seen + 1  # its address alone
