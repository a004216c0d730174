# SPDX-License-Identifier: Apache-2.0
"""A control session's one channel to the agent: opened once, then a round trip costs a third of a ms."""

import asyncio
import re
import time
from itertools import count

import asyncssh
from typing_extensions import override

from adapters.ssh.answers import (
    RingLine,
    RingReader,
    Welcome,
    exactly,
    read_welcome,
    result_reader,
    snapshot_reader,
)
from adapters.ssh.connect import closed_within, open_session
from adapters.ssh.conversation import Conversation
from adapters.ssh.credential import Credential
from adapters.ssh.errors import AgentMisbehaved, LinkError, LinkLost, readable
from adapters.ssh.hostkeys import ServerAddress
from statemachines.snapshot import Snapshot

_PROTOCOL = 1
_MAX_COMPLAINT = 4096
"""Bytes of standard error; people are told the first 200 characters when the agent ends."""
_REQUEST_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_AGENT_STATUS = {
    3: "it serves another hall or role than this session's",
    4: "it understood nothing that we sent",
}


class _Channel(asyncssh.SSHClientSession[bytes]):
    """Passes the channel's bytes and its end on to the conversation."""

    def __init__(self) -> None:
        self.conversation: Conversation
        self._status: int | None = None
        self._complaint = b""

    @override
    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        # Nothing else runs on this connection: it ends with its conversation.
        self.conversation = Conversation(chan.write, chan.get_connection().close)

    @override
    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is None:
            self.conversation.received(data)
        elif len(self._complaint) < _MAX_COMPLAINT:
            self._complaint += data[:_MAX_COMPLAINT]
        else:
            self.conversation.end(AgentMisbehaved("it does not stop complaining on its standard error"))

    @override
    def exit_status_received(self, status: int) -> None:
        self._status = status

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.conversation.end(LinkLost(self._why(exc)))

    def _why(self, exc: Exception | None) -> str:
        if exc is not None:
            return readable(str(exc)) or type(exc).__name__
        if self._status is None:
            return "the server closed the channel"
        meaning = _AGENT_STATUS.get(self._status, readable(self._complaint.decode("ascii", "replace")))
        return f"the agent ended with status {self._status}{': ' if meaning else ''}{meaning}"


class AgentLink:
    """Speaks with one agent. Requests may follow each other without waiting; answers are matched in order."""

    def __init__(self, connection: asyncssh.SSHClientConnection, conversation: Conversation) -> None:
        self._connection = connection
        self._conversation = conversation
        self._numbers = count(1)

    @property
    def closed(self) -> asyncio.Future[LinkError]:
        """Return a future that gives LinkLost or AgentMisbehaved once the link has ended; free to cancel."""
        return self._conversation.closed

    async def hello(  # noqa: PLR0917  # in the order of the line
        self, hall: str, role: str, fence: int, gen: int, controller: str, seq: int, limit_s: float
    ) -> Welcome:
        """Make (fence, gen) current; `seq` is the highest cmd_seq that will never be sent again.

        Raises:
            HelloRefused, AnswerOverdue, LinkLost.
        """
        words = ("hello", _PROTOCOL, hall, role, fence, gen, controller, seq)
        return await self._conversation.ask_within(_request(*words), read_welcome, limit_s)

    def command(self, fence: int, gen: int, seq: int, verb: str, arg: str = "") -> asyncio.Future[str]:
        """Write a command at once; its answer is `ok`, `refused:CODE` or `failed:CODE`, or LinkLost."""
        words = ("cmd", fence, gen, seq, verb, *((arg,) if arg else ()))
        return self._conversation.ask(_request(*words), result_reader(seq))

    async def ping(self, limit_s: float) -> int:
        """Return the round trip to the agent in µs; feeds the device's lease.

        Raises:
            AnswerOverdue, LinkLost.
        """
        number = next(self._numbers)
        began_ns = time.monotonic_ns()
        await self._conversation.ask_within(_request("ping", number), exactly(f"pong {number}"), limit_s)
        return (time.monotonic_ns() - began_ns) // 1000

    async def snapshot(self, limit_s: float) -> Snapshot:
        """Return one consistent read of the device.

        Raises:
            DeviceSilent: the agent cannot read it.
            AnswerOverdue, LinkLost.
        """
        number = next(self._numbers)
        return await self._conversation.ask_within(_request("snapshot", number), snapshot_reader(number), limit_s)

    async def ring(self, epoch: int, from_seq: int, limit_s: float) -> tuple[RingLine, ...]:
        """Return what the device remembers from hw_seq `from_seq` on, both rings merged, oldest first.

        Raises:
            RingEpochGone: the device has restarted since `epoch`.
            DeviceSilent: the agent cannot read it.
            AnswerOverdue, LinkLost.
        """
        number = next(self._numbers)
        words = ("ring", number, epoch, from_seq)
        return await self._conversation.ask_within(_request(*words), RingReader(number), limit_s)

    async def bye(self, limit_s: float) -> None:
        """Take leave: the agent answers and ends.

        Raises:
            AnswerOverdue, LinkLost.
        """
        await self._conversation.ask_within("bye", exactly("bye"), limit_s)

    async def close(self, limit_s: float) -> None:
        """Close in good order, and by force after `limit_s` seconds. Never raises and never hangs."""
        self._conversation.end(LinkLost("closed by us"))
        await closed_within(self._connection, limit_s)


def _request(*words: str | int) -> str:
    texts = [str(word) for word in words]
    for text in texts:
        if not _REQUEST_WORD.fullmatch(text):
            raise ValueError(f"{text!r} cannot be a word of a request to an agent: [A-Za-z0-9_.-], 1 to 64 of them")
    return " ".join(texts)


async def open_link(address: ServerAddress, credential: Credential, *, limit_s: float) -> AgentLink:
    """Connect, authenticate and open the one channel, all within `limit_s` seconds. `hello` is the caller's.

    Raises:
        CredentialRefused, HostKeyRefused, Unreachable: see `open_connection`.
        ValueError: the configured host keys cannot be read.
    """
    channel = _Channel()
    connection = await open_session(address, credential, channel, "reel-agent", limit_s=limit_s)
    return AgentLink(connection, channel.conversation)
