# SPDX-License-Identifier: Apache-2.0
"""Sentences for people. A time inside one is kept as a mark and spelled in the reader's zone only when shown,

so that the same log gives the same words, and the same digests, everywhere.
"""

import re
from datetime import UTC, datetime, tzinfo

_MARK = re.compile(r"<t:(\d{1,20})>")


def moment(at_ns: int) -> str:
    """Return the mark for a moment, to be put into a sentence."""
    return f"<t:{at_ns}>"


def spoken(words: str, zone: tzinfo = UTC) -> str:
    """Return the sentence with its marks spelled as HH:MM:SS in `zone`."""

    def spell(mark: re.Match[str]) -> str:
        seconds = min(int(mark[1]) // 1_000_000_000, 253_402_300_799)
        return datetime.fromtimestamp(seconds, zone).strftime("%H:%M:%S")

    return _MARK.sub(spell, words)
