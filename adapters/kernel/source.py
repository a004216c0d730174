# SPDX-License-Identifier: Apache-2.0
"""What every way of hearing kernel events has in common."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVarTuple

from adapters.kernel.parse import Heard, Refused

Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom a source tells. Called on the event loop, one call at a time; none may block.

    `on_overflow`: the kernel dropped messages; called when that is noticed and once more when what had been
    queued is read, so that a snapshot read then misses nothing that the overflow swallowed.
    `on_up` / `on_lost`: events can, or can no longer, be heard; `on_lost` gives the reason in words.
    """

    on_heard: Callable[[Heard], None]
    on_overflow: Callable[[], None]
    on_up: Callable[[], None]
    on_lost: Callable[[str], None]

    def judge(self, outcome: Heard | Refused, refused: Counter[str]) -> None:
        """Pass on what was heard, count what was refused."""
        if isinstance(outcome, Heard):
            self.tell(self.on_heard, outcome)
        else:
            refused[outcome.reason] += 1

    def tell(self, whom: Callable[[*Ts], None], *what: *Ts) -> None:
        """Call one of the four. One that raises costs neither the next event nor the source."""
        try:
            whom(*what)
        except Exception as error:
            failure = {"message": f"a listener to kernel events failed at {what}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(failure)


class EventSource(Protocol):
    """A way of hearing kernel events. `refused` counts messages that are no events, by reason."""

    @property
    def refused(self) -> Counter[str]: ...

    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """Begin to listen. Returns after the first attempt; a source that is down keeps trying by itself."""
        ...

    async def close(self) -> None:
        """Stop listening; nothing is told any more. Closing twice does no harm."""
        ...
