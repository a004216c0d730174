# SPDX-License-Identifier: Apache-2.0
"""Requests and answers over one byte stream: strictly in order, written at once, bounded in memory.

It knows nothing of SSH. What cannot be an answer ends the conversation at once, so that an agent gone mad, or
somebody in its place, costs one line and not the memory of the booth.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from adapters.ssh.answers import Answer, Reader
from adapters.ssh.errors import (
    AgentMisbehaved,
    AnswerOverdue,
    DeviceSilent,
    HelloRefused,
    LinkError,
    LinkLost,
    RingEpochGone,
)

MAX_LINE = 512
"""Bytes of one line without its LF."""
MAX_UNANSWERED = 256
"""Requests in flight; the owner's pings find a mute agent long before."""


class LineSplitter:
    """Cuts bytes into lines of printable ASCII; remembers at most one unfinished line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes.

        Raises:
            AgentMisbehaved: a line is longer than MAX_LINE or holds other bytes than printable ASCII.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise AgentMisbehaved(f"a line of more than {MAX_LINE} bytes")
        return [_text(line) for line in lines]


def _text(line: bytes) -> str:
    if len(line) > MAX_LINE:
        raise AgentMisbehaved(f"a line of {len(line)} bytes, at most {MAX_LINE} are allowed")
    text = line.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise AgentMisbehaved(f"bytes that are not printable ASCII: {text[:60]!r}")
    return text


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Answer]):
    answer: asyncio.Future[Answer]
    read: Reader[Answer]

    def take(self, line: str) -> bool:
        """Take the answer's next line; True when the answer is whole."""
        try:
            answer = self.read(line)
        except (HelloRefused, DeviceSilent, RingEpochGone) as refused:
            _fail(self.answer, refused)
            return True
        if answer is None:
            return False
        if not self.answer.done():  # whoever asked may have given up: the answer is read all the same
            self.answer.set_result(answer)
        return True


def _fail(future: asyncio.Future[Answer], error: LinkError) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # nobody has to wait for an answer; `closed` tells the reason to the owner


class Conversation:
    """One stream of requests and answers. `write` sends bytes, `hang_up` ends the stream."""

    def __init__(self, write: Callable[[bytes], None], hang_up: Callable[[], None]) -> None:
        self._write = write
        self._hang_up = hang_up
        self._splitter = LineSplitter()
        self._unanswered: deque[_Asked[object]] = deque()
        self._closed: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()

    @property
    def closed(self) -> asyncio.Future[LinkError]:
        """Return a future that gives the reason once the stream has ended; cancelling it harms nobody."""
        return asyncio.shield(self._closed)

    @property
    def is_over(self) -> bool:
        return self._closed.done()

    def ask(self, request: str, read: Reader[Answer]) -> asyncio.Future[Answer]:
        """Write one request at once and return its answer to come: LinkLost when the stream ends first."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._closed.done():
            _fail(answer, LinkLost(str(self._closed.result())))
        elif len(self._unanswered) >= MAX_UNANSWERED:
            self.end(LinkLost(f"{MAX_UNANSWERED} requests are unanswered"))
            _fail(answer, self._closed.result())
        else:
            self._unanswered.append(_Asked(answer, read))  # type: ignore[arg-type]  # each reads its own kind
            self._write(f"{request}\n".encode("ascii"))
        return answer

    async def ask_within(self, request: str, read: Reader[Answer], limit_s: float) -> Answer:
        """Ask and wait for the answer.

        Raises:
            AnswerOverdue: no answer within `limit_s` seconds.
            LinkLost: the stream ended.
        """
        answer = self.ask(request, read)
        try:
            async with asyncio.timeout(limit_s):
                return await answer
        except TimeoutError as late:
            raise AnswerOverdue(request.split(" ", 1)[0], limit_s) from late

    def received(self, data: bytes) -> None:
        """Take bytes as they come; a breach of the protocol ends the stream."""
        if self._closed.done():
            return
        try:
            for line in self._splitter.feed(data):
                self._answered(line)
        except AgentMisbehaved as breach:
            self.end(breach)

    def _answered(self, line: str) -> None:
        if not self._unanswered:
            raise AgentMisbehaved(f"an answer that nobody asked for: {line[:120]!r}")
        if self._unanswered[0].take(line):
            self._unanswered.popleft()

    def end(self, reason: LinkError) -> None:
        """End the stream for this reason; the first reason counts. Who still waits gets LinkLost."""
        if self._closed.done():
            return
        self._closed.set_result(reason)
        while self._unanswered:
            _fail(self._unanswered.popleft().answer, LinkLost(str(reason)))
        self._hang_up()
