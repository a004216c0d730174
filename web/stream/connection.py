# SPDX-License-Identifier: Apache-2.0
"""One connection of one viewer: greeting, what was missed, what comes, goodbye."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from web.stream.hub import PACE_S, SLOW, Hub
from web.stream.said import RETRY, bye
from web.stream.viewer import Viewer

Scope = dict[str, Any]
Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

UNREADABLE = "The log cannot be read just now: come again in a moment."
_TAKE_S = 10.0
"""How long one event may wait for a connection that takes nothing."""
_SEEN_S = 5.0
"""How long the tailer may need to come to rows that the viewer has seen already."""

_say = structlog.get_logger(__name__)


async def serve(hub: Hub, viewer: Viewer, hello: bytes, send: Send) -> None:
    """Send greeting, missed rows, and everything that comes, until the viewer ends; then say why.

    Whoever takes nothing for 10 s is left without a word.
    """

    async def say(said: bytes, more: bool = True) -> None:
        async with asyncio.timeout(_TAKE_S):
            await send({"type": "http.response.body", "body": said, "more_body": more})

    try:
        await say(RETRY + hello)
        await _catch_up(hub, viewer, say)
        while (waiting := await viewer.next()) is not None:
            await say(waiting.spelled)
            viewer.pos = waiting.pos
        await say(bye(viewer.ended_for, viewer.pos) if viewer.ended_for else b"", more=False)
    except TimeoutError:
        hub.drop(viewer, SLOW, "slow")


async def _catch_up(hub: Hub, viewer: Viewer, say: Callable[[bytes], Awaitable[None]]) -> None:
    """Read the missed rows back, until the viewer stands where all others do, and joins them."""
    turns = _SEEN_S / PACE_S
    while viewer.ended_for is None and not hub.join(viewer):
        if viewer.pos > hub.pos:  # it asked for the newest position a moment ago, and the tailer is just behind
            turns -= 1
            if turns < 0:
                hub.drop(viewer, UNREADABLE, "unreadable")
            await asyncio.sleep(PACE_S)
            continue
        try:
            batch, upto = await hub.read(viewer.pos)
        except Exception:
            _say.exception("stream_backlog_unreadable", pos=viewer.pos)
            hub.drop(viewer, UNREADABLE, "unreadable")
            return
        if batch is not None and (said := batch.spelled(viewer.hall)):
            await say(said)
        viewer.pos = upto


async def until_gone(receive: Receive, viewer: Viewer) -> None:
    """Notice that the viewer closes its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    viewer.end("")
