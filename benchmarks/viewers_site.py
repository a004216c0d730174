# SPDX-License-Identifier: Apache-2.0
"""A site whose log is written as that of a busy evening: `python -m benchmarks.viewers_site STATE`.

Greets with a `token` to look with. Asked over its standard input: `write PER_S FOR_S` writes rows of shows in all
halls, at random moments; each carries, as `sent`, the machine's monotonic ns at which it was appended.
"""

import asyncio
import os
import random
import sys
import time
from itertools import islice
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"

import django
import msgspec

from benchmarks.described import HALLS, open_described
from benchmarks.scale_talk import asked, say

django.setup()

from adapters.store.writer import LogWriter  # noqa: E402  # models want Django set up
from benchmarks.logged import Draft, drafts  # noqa: E402
from web.accounts.scopes import Scope  # noqa: E402
from web.accounts.tokens import add_token  # noqa: E402

_INTO_THE_SHOW = 40


def _append(writer: LogWriter, draft: Draft) -> None:
    row, value = draft
    sent = msgspec.structs.replace(row, at_ns=time.time_ns(), payload={"sent": time.monotonic_ns()})
    writer.append(sent, value=value)


async def _write(state: Path) -> None:
    writer = LogWriter(state)
    writer.start()
    shows = {hall: islice(drafts(hall), _INTO_THE_SHOW, None) for hall in HALLS}
    for show in shows.values():
        _append(writer, next(show))
    drawn = random.Random(7)  # the same evening each time
    async for words in asked():
        _write_word, per_s, for_s = words.split()
        ends, count = time.monotonic() + float(for_s), 0
        while (pause := drawn.expovariate(float(per_s))) + time.monotonic() < ends:
            await asyncio.sleep(pause)
            _append(writer, next(shows[drawn.choice(HALLS)]))
            count += 1
        await writer.flush()
        say({"written": count})
    await asyncio.to_thread(writer.close)


if __name__ == "__main__":
    open_described(Path(sys.argv[1]))
    say({"token": add_token(name="viewers", scope=Scope.VIEW, made_by="bench")[1]})
    asyncio.run(_write(Path(sys.argv[1])))
