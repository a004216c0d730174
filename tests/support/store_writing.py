# SPDX-License-Identifier: Apache-2.0
"""A process that writes to a log until it is killed: `python -m tests.support.store_writing STATE`.

Prints, after each flush, how many rows of each of two streams are durable.
"""

import asyncio
import sys
from pathlib import Path

from adapters.store.site import open_site
from tests.support.store import draft, value_after


async def _write(state: Path) -> None:
    from adapters.store.writer import LogWriter

    writer = LogWriter(state)
    writer.start()
    n = 0
    while True:
        for _ in range(100):
            n += 1
            writer.append(draft("hall1", n), value=value_after(n))
            writer.append(draft("hall2", n), value=value_after(n))
        await writer.flush()
        print(n, flush=True)
        # Rows of the next round are on their way, in part committed, whenever the kill comes.


if __name__ == "__main__":
    open_site(Path(sys.argv[1]))
    asyncio.run(_write(Path(sys.argv[1])))
