# SPDX-License-Identifier: Apache-2.0
"""What axe finds on a page."""

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it carries no types
from playwright.async_api import Page


async def violations(page: Page, inside: str | None = None) -> list[str]:
    """Return each violation, or each inside of a selector, as `rule: what is wrong (where)`."""
    results = await Axe().run(page, context=inside)
    return [
        f"{each['id']}: {each['help']} ({', '.join(str(node['target']) for node in each['nodes'][:4])})"
        for each in results.response["violations"]
    ]
