# SPDX-License-Identifier: Apache-2.0
"""Looks for a secret in all that a browser is given: pages, scripts, styles, answers, headers, addresses, storage."""

import asyncio
import base64
import json

from playwright.async_api import BrowserContext, Error, Response

_STORED = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"
_NO_BODY = range(300, 400)
"""A redirect has none, and what was not modified was read before."""


class Leaks:
    """`seen` answers were looked through, `unread` ones could not be; `found` says where the secret was."""

    def __init__(self, secret: str) -> None:
        whole = secret.encode()
        self._secrets = (whole, secret.rpartition("_")[2].encode(), base64.b64encode(whole))
        self._looking: set[asyncio.Task[None]] = set()
        self.seen = 0
        self.unread: list[str] = []
        self.found: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Look through every answer of a context from now on."""
        context.on("response", self._take)

    async def leave(self, context: BrowserContext) -> None:
        """Look through what its pages and its storage hold at the end, and wait for all that came before."""
        for page in context.pages:
            kept = await page.evaluate(_STORED) if page.url.startswith("http") else ""
            self.look(page.url, (await page.content()).encode(), kept.encode())
        self.look("cookies and storage", json.dumps(await context.storage_state()).encode())
        while self._looking:
            await asyncio.wait(self._looking, timeout=10)

    def look(self, where: str, *said: bytes) -> None:
        """Look through something that was said."""
        self.seen += 1
        if any(secret in each for secret in self._secrets for each in said):
            self.found.append(where)

    async def read(self, answer: Response) -> None:
        """Look through an answer."""
        self.look(answer.url, answer.url.encode())
        try:
            async with asyncio.timeout(10):
                headers = str(await answer.all_headers()).encode()
                # The stream ends with its page; it is the booth's, and carries what WordPress never sees.
                streams = b"text/event-stream" in headers
                body = b"" if streams or answer.status in _NO_BODY else await answer.body()
        except (Error, TimeoutError):
            self.unread.append(answer.url)  # a page that is left takes its own away
            return
        self.look(answer.url, headers, body)

    def _take(self, answer: Response) -> None:
        task = asyncio.get_running_loop().create_task(self.read(answer))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)
