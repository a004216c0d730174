# SPDX-License-Identifier: Apache-2.0
"""A site with an evening in its log, for the API to tell of: `python -m benchmarks.answering_site STATE CALLERS ROWS`.

Greets with the `tokens` of so many callers and ends. Each of its halls has so many rows.
"""

import os
import sys
from itertools import islice
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "web.settings"

from benchmarks.described import HALLS, open_described
from benchmarks.logged import drafts
from benchmarks.scale_talk import say


def made(state: Path, callers: int, rows: int) -> list[str]:
    """Make the site and return a token for each caller."""
    open_described(state)
    from adapters.store.writer import LogWriter
    from web.accounts.scopes import Scope
    from web.accounts.tokens import add_token

    writer = LogWriter(state)
    writer.start()
    for hall in HALLS:
        for row, value in islice(drafts(hall), rows):
            writer.append(row, value=value)
    writer.close(60.0)
    return [add_token(name=f"caller {number}", scope=Scope.VIEW, made_by="bench")[1] for number in range(callers)]


if __name__ == "__main__":
    say({"tokens": made(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))})
