# SPDX-License-Identifier: Apache-2.0
"""The kernel events of one server, heard over its always-on watch link: an EventSource like that of this machine.

One task opens a link, keeps it, gives it a successor before its certificate ends, and comes back when it is lost.
A successor listens before its predecessor is left, so that nothing falls between them; what both have heard is
dropped by the devices' ears.
"""

import asyncio
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from adapters.kernel.parse import Heard
from adapters.kernel.source import Listener
from adapters.kernel.udevadm import Told, UdevadmReader
from adapters.ssh.errors import CredentialRefused, HostKeyRefused, LinkLost, Unreachable
from hall_runtime.watch_line import CLOSE_LIMIT_S, WatchLine
from hall_runtime.watch_ports import WatchNews, WatchOpener
from statemachines.session_events import SessionSettings
from statemachines.session_value import next_delay_ns, rotation_age_ns

_say = structlog.get_logger("watch")

OPEN_LIMIT_S = 120.0
"""For a place among the handshakes, and the handshake, which has a limit of its own."""
LISTENS_LIMIT_S = 5.0
"""From the channel to udevadm's own word that it listens."""
OVERLAP_S = 1.0
"""How long a link is still heard after its successor listens: what was on its way arrives."""
_SAME_UNNUMBERED = 64
_REFUSED = (CredentialRefused, HostKeyRefused)


def _drawn_ppm() -> int:
    return secrets.randbelow(1_000_001)


class WatchSource:
    """Hears one server. `reader` makes what reads a monitor's output; `on_news` is told what becomes of the link.

    `monotonic` gives ns, `jitter_ppm` a number from 0 to 1,000,000 by chance.
    """

    def __init__(
        self,
        server: str,
        opener: WatchOpener,
        reader: Callable[[], UdevadmReader],
        *,
        settings: SessionSettings,
        on_news: Callable[[WatchNews], None],
        monotonic: Callable[[], int] = time.monotonic_ns,
        jitter_ppm: Callable[[], int] = _drawn_ppm,
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._server, self._opener, self._reader, self._settings = server, opener, reader, settings
        self._on_news, self._monotonic, self._jitter_ppm = on_news, monotonic, jitter_ppm
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._leaving: dict[WatchLine, asyncio.Task[None]] = {}
        self._lines: set[WatchLine] = set()
        self._line: WatchLine | None = None
        self._audible = False
        self._wake = asyncio.Event()
        self._asked = self._is_refused = False
        self._delay_ns = self._rotate_ns = 0
        self._told = self._not_renewed = ""
        self._unnumbered: deque[int] = deque(maxlen=_SAME_UNNUMBERED)

    @property
    def serial(self) -> int:
        """The serial of the certificate in use; 0 while the link is down."""
        return self._line.serial if self._line is not None else 0

    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """See EventSource. What overflows on the server is not told: holes and snapshots show it."""
        tried = asyncio.Event()
        self._listener = Listener(on_heard, on_overflow, on_up, on_lost)
        self._task = asyncio.create_task(self._run(self._listener, tried), name=f"watch link to {self._server}")
        await tried.wait()

    async def close(self) -> None:
        """See EventSource."""
        self._listener, task, self._task = None, self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=CLOSE_LIMIT_S)
        for line in tuple(self._lines):
            self._leave(line, 0.0)
        if self._leaving:
            await asyncio.wait(self._leaving.values(), timeout=2 * CLOSE_LIMIT_S)

    def rotate(self) -> None:
        """Give the link a new key now; where it waits to come back, it tries at once."""
        self._asked = True
        self._wake.set()

    def server_returned(self) -> None:
        """Somebody else got through to the server: waiting serves nobody, but after a refusal."""
        if self._line is None and not self._is_refused:
            self._wake.set()

    # The link's life.

    async def _run(self, listener: Listener, tried: asyncio.Event) -> None:
        while True:
            error: Exception
            try:
                self._line = await self._open(listener)
                tried.set()
                self._begin(self._line, listener, "watch_link_up")
                error = await self._serve(self._line, listener)
            except Exception as failed:  # minting reads files, too: whatever it was, this attempt failed
                error = failed
            pause_s = self._lost(listener, error)
            tried.set()
            await self._rest(pause_s)

    async def _open(self, listener: Listener) -> WatchLine:
        """Return a link whose monitor listens.

        Raises:
            CredentialRefused, HostKeyRefused, Unreachable, LinkLost: it does not.
        """
        line, good = WatchLine(self._reader()), False
        self._lines.add(line)
        take = partial(self._take, line, listener)
        try:
            async with asyncio.timeout(OPEN_LIMIT_S):
                line.opened(await self._opener(take), self._wake)
            await line.until_it_listens(LISTENS_LIMIT_S)
            good = True
        except TimeoutError as late:
            raise Unreachable(self._server, "udevadm did not begin to listen in time") from late
        finally:
            if not good:
                self._leave(line, 0.0)
        return line

    def _begin(self, line: WatchLine, listener: Listener, kind: str) -> None:
        """The line is the one in use: its key's times start to run."""
        self._rotate_ns = line.minted_ns + rotation_age_ns(self._settings, self._jitter_ppm())
        self._is_refused = False
        self._told = self._not_renewed = ""
        self._tell(listener, WatchNews(kind=kind, words=f"{self._server} is heard", serial=line.serial))

    async def _serve(self, line: WatchLine, listener: Listener) -> Exception:
        """Keep the link, and its successors; return why nothing is heard any more."""
        while True:
            await self._until_something_is_due(line)
            if line.ended is not None:
                return line.ended
            if self._monotonic() >= line.expires_ns:
                why = f": {self._not_renewed}" if self._not_renewed else ""
                return LinkLost(f"its certificate ended with no successor{why}")
            successor = await self._successor(line, listener)
            if successor is not None:
                overlap_s = min(OVERLAP_S, max(line.expires_ns - self._monotonic(), 0) / 1e9)
                self._leave(line, overlap_s)
                self._line = line = successor
                self._delay_ns = 0
                self._begin(line, listener, "watch_link_rotated")

    async def _until_something_is_due(self, line: WatchLine) -> None:
        """Wait for the end of the link or of its certificate, or for the time or the wish to rotate."""
        while line.ended is None and not self._asked:
            due_ns = min(self._rotate_ns, line.expires_ns) - self._monotonic()
            if due_ns <= 0:
                return
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(due_ns / 1e9):
                    await self._wake.wait()

    async def _successor(self, line: WatchLine, listener: Listener) -> WatchLine | None:
        """Open a second link beside the one in use, for as long as that one is; None when it did not come about."""
        self._asked = False
        left_s = max(line.expires_ns - self._monotonic(), 0) / 1e9
        opening = asyncio.create_task(self._open(listener), name=f"next watch link to {self._server}")
        either: set[asyncio.Future[Any]] = {opening, line.closed}
        try:
            await asyncio.wait(either, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opening.cancel()  # one that is done does not mind
            await asyncio.wait({opening}, timeout=CLOSE_LIMIT_S)
        if opening.cancelled():
            return None
        try:
            return opening.result()
        except Exception as failed:
            self._rotate_ns = self._monotonic() + self._pause_ns(failed)
            self._not_renewed = str(failed)
            self._tell(listener, WatchNews(kind="watch_rotation_failed", words=str(failed), serial=line.serial))
            return None

    def _lost(self, listener: Listener, error: Exception) -> float:
        """Tell the first failure in a row and each of another kind; return how long to wait, in s."""
        line, self._line = self._line, None
        if line is not None:
            self._leave(line, 0.0)
            if self._monotonic() - line.minted_ns >= self._settings.backoff_cap_ns:
                self._delay_ns = 0  # a link that lasted was no flapping one
        self._unnumbered.clear()
        pause_ns, kind = self._pause_ns(error), type(error).__name__
        self._is_refused = isinstance(error, _REFUSED)
        if self._audible or self._told != kind:
            self._audible, self._told = False, kind
            words = f"the watch link to {self._server} is down: {error}"
            listener.tell(listener.on_lost, words)
            self._tell(listener, WatchNews(kind="watch_link_lost", words=words, refused=self._is_refused))
        return pause_ns / 1e9

    def _pause_ns(self, error: Exception) -> int:
        """A refusal is never hammered: servers punish that by locking out the controller."""
        if isinstance(error, _REFUSED):
            return self._settings.refused_retry_ns
        self._delay_ns = next_delay_ns(self._settings, self._delay_ns, self._jitter_ppm())
        return self._delay_ns

    async def _rest(self, pause_s: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        self._asked = False

    def _leave(self, line: WatchLine, after_s: float) -> None:
        """Close a link in the background, after it was heard for a little longer."""
        if after_s == 0:
            line.is_left = True
        if line in self._leaving:
            self._leaving[line].cancel()
        self._lines.add(line)
        task = asyncio.create_task(line.leave(after_s), name=f"leave a watch link to {self._server}")
        self._leaving[line] = task
        task.add_done_callback(partial(self._left, line))

    def _left(self, line: WatchLine, task: asyncio.Task[None]) -> None:
        if self._leaving.get(line) is task:
            del self._leaving[line]
            self._lines.discard(line)

    def _tell(self, listener: Listener, news: WatchNews) -> None:
        say = _say.info if news.serial and news.kind != "watch_rotation_failed" else _say.warning
        say(news.kind, server=self._server, serial=news.serial, words=news.words)
        listener.tell(self._on_news, news)

    # What is heard.

    def _take(self, line: WatchLine, listener: Listener, data: bytes) -> None:
        if line.is_left or self._listener is not listener:
            return
        was_up, events = line.is_up, line.feed(data)
        if line.is_up and not was_up and not self._audible:
            self._audible = True
            listener.tell(listener.on_up)
        for told in events:
            if not self._is_known(told):
                listener.judge(told.outcome, self.refused)

    def _is_known(self, told: Told) -> bool:
        """A device's own coming or going has no number by which its ear could know it from the other link's copy."""
        outcome = told.outcome
        if not isinstance(outcome, Heard) or outcome.event.hw_seq or not told.seqnum:
            return False
        if told.seqnum in self._unnumbered:
            return True
        self._unnumbered.append(told.seqnum)
        return False
