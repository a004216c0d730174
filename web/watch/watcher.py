# SPDX-License-Identifier: Apache-2.0
"""The task that tells people of alarms: it looks once a second, and sends what is to be told.

Nothing that it meets ends it or reaches anybody else: a dead webhook is a row with its last error, and a counter.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from django.db import connections

from adapters.store.trouble import anew_after_trouble
from web.sight.site_view import directory
from web.watch import mail, message, webhook
from web.watch.figures import TELLINGS
from web.watch.look import Look
from web.watch.models import Channel, Telling
from web.watch.settings import Addresses
from web.watch.tellings import SECOND_NS, claim, note_failed, note_told
from web.watch.webhook import NotTaken

_say = structlog.get_logger(__name__)
T = TypeVar("T")

PACE_S = 1.0
_TROUBLED_S = 5.0
_MAIL_S = 40.0
"""A mail server that says each of its words late still has an end."""


class Watcher:
    """Started and stopped on the event loop of the web process. `clock` returns ns since 1970, UTC."""

    def __init__(self, addresses: Addresses, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._addresses, self._clock = addresses, clock
        self._began_ns = clock()
        self._reading = ThreadPoolExecutor(1, "watch")
        self._mailing = ThreadPoolExecutor(1, "watch-mail")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, if there is anybody to tell."""
        if self._addresses.channels:
            self._task = asyncio.create_task(self._for_ever())

    async def stop(self) -> None:
        """End; a mail that is on its way is not waited for."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._mailing.shutdown(wait=False, cancel_futures=True)
        await self._on_store(connections.close_all)
        await asyncio.to_thread(self._reading.shutdown, cancel_futures=True)

    async def turn(self) -> None:
        """Look once, and send what is due; each channel stops at its first failure."""
        await self._on_store(self._look)
        await asyncio.gather(*(self._send_all(channel) for channel in self._addresses.channels))

    async def _for_ever(self) -> None:
        troubled = False
        while True:
            try:
                await self.turn()
                troubled = False
            except Exception:  # the database is away, or it is a defect: what was not told is told later
                if not troubled:
                    _say.exception("watch_troubled")
                troubled = True
            await asyncio.sleep(_TROUBLED_S if troubled else PACE_S)

    def _look(self) -> None:
        Look(
            channels=self._addresses.channels,
            after_ns=self._addresses.settings.after_s * SECOND_NS,
            began_ns=self._began_ns,
            now_ns=self._clock(),
        ).take()

    async def _send_all(self, channel: Channel) -> None:
        send = {Channel.WEBHOOK: self._post, Channel.EMAIL: self._mail}[channel]
        while (taken := await self._on_store(self._claim, channel)) is not None:
            if not await self._sent(*taken, send):
                return

    def _claim(self, channel: Channel) -> tuple[Telling, message.Place] | None:
        telling = claim(channel=channel, now_ns=self._clock())
        if telling is None:
            return None
        names = directory()
        place = message.Place(
            site=names.site.id,
            site_name=names.site.name,
            hall=names.name(telling.hall) if telling.hall else "",
        )
        return telling, place

    async def _sent(
        self, telling: Telling, place: message.Place, send: Callable[[Telling, message.Place], Awaitable[None]]
    ) -> bool:
        """Send one message and note what came of it."""
        about = {"channel": telling.channel, "hall": telling.hall, "alarm": telling.alarm, "stage": telling.stage}
        try:
            await send(telling, place)
        except NotTaken as wrong:
            again = await self._on_store(self._note_failed, telling, str(wrong))
            TELLINGS.labels(telling.channel, "failed" if again else "given_up").inc()
            _say.warning("alarm_not_told", why=str(wrong), tries=telling.tries, again=again, **about)
            return False
        await self._on_store(self._note_told, telling)
        TELLINGS.labels(telling.channel, "told").inc()
        _say.info("alarm_told", **about)
        return True

    def _note_failed(self, telling: Telling, why: str) -> bool:
        tries = self._addresses.settings.tries
        return note_failed(telling=telling, error=why, tries=tries, now_ns=self._clock())

    def _note_told(self, telling: Telling) -> None:
        note_told(telling=telling, now_ns=self._clock())

    async def _post(self, telling: Telling, place: message.Place) -> None:
        body = message.posted(telling, place, self._clock())
        signed = {message.SIGNATURE: message.signature(body, self._addresses.webhook_secret)}
        await webhook.post(self._addresses.settings.webhook, body, signed)

    async def _mail(self, telling: Telling, place: message.Place) -> None:
        sending = asyncio.get_running_loop().run_in_executor(self._mailing, mail.send, telling, place, self._addresses)
        try:
            async with asyncio.timeout(_MAIL_S):
                await sending
        except TimeoutError:
            raise NotTaken(f"{self._addresses.settings.smtp_host} took longer than {_MAIL_S:.0f} s") from None

    async def _on_store(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, anew_after_trouble(call), *arguments)
