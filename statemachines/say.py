# SPDX-License-Identifier: Apache-2.0
"""Sentences for people. A time inside one is kept as a mark and spelled in the reader's zone only when shown,

so that the same log gives the same words, and the same digests, everywhere.
"""

import re

_MARK = re.compile(r"<t:(\d{1,20})>")
_DAY_S = 86_400


def moment(at_ns: int) -> str:
    """Return the mark for a moment, to be put into a sentence."""
    return f"<t:{at_ns}>"


def spoken(words: str, offset_s: int = 0) -> str:
    """Return the sentence with its marks spelled as HH:MM:SS, `offset_s` seconds east of UTC."""

    def spell(mark: re.Match[str]) -> str:
        seconds = (int(mark[1]) // 1_000_000_000 + offset_s) % _DAY_S
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    return _MARK.sub(spell, words)
