# SPDX-License-Identifier: Apache-2.0
"""A row of a schedule file as its words, and those words as values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from statemachines.show import Cue
from statemachines.words import Verb

ROWS_MOST = 2_000
BYTES_MOST = 1_000_000

_CUE = re.compile(r"(?:(\d{1,3}):)?(\d{1,9})\s+(\S+)\s+(\S+)")


class Unreadable(ValueError):
    """Words that are no value of their kind; the text says what was expected."""


@dataclass(frozen=True, kw_only=True)
class RawShow:
    """A row. `number` as people count it; `starts` is naive where it means the site's own time."""

    number: int
    hall: str = ""
    title: str = ""
    starts: datetime | None = None
    gauge: str = ""
    feet: str = ""
    start: str = ""
    cues: str = ""
    problems: tuple[str, ...] = ()


def moment_ns(starts: datetime, zone: tzinfo) -> int:
    """Return a moment in ns; a naive one is the site's own time, the first of two where clocks are put back.

    Raises:
        Unreadable: clocks are put forward over this time.
    """
    if not 1970 < starts.year < 2200:
        raise Unreadable(f"no show starts in the year {starts.year}")
    if starts.tzinfo is None:
        there = starts.replace(tzinfo=zone)
        if datetime.fromtimestamp(there.timestamp(), zone).replace(tzinfo=None, fold=0) != starts:
            raise Unreadable(f"{starts:%H:%M} is not on the clock on {starts:%d %b %Y}: it is put forward over it")
        starts = there
    return round(starts.timestamp()) * 1_000_000_000


def gauge_in(text: str) -> int:
    """Return a gauge in mm from words such as `35` or `35 mm`. Raises Unreadable."""
    found = re.fullmatch(r"(\d{1,4})\s*(?:mm)?", text.strip())
    if found is None:
        raise Unreadable(f"a gauge is a number of millimetres, not {text!r:.40}")
    return int(found[1])


def feet_in(text: str) -> tuple[int, ...]:
    """Return the feet of each reel from words such as `2000 1950 1800` or `2000+1950`. Raises Unreadable."""
    words = [word for word in re.split(r"[\s+/;,|]+", text.strip()) if word]
    if not all(re.fullmatch(r"\d{1,6}", word) for word in words):
        raise Unreadable(f"feet are whole numbers, one a reel, such as '2000 1950', not {text!r:.40}")
    return tuple(int(word) for word in words)


def cues_in(text: str) -> tuple[Cue, ...]:
    """Return cues from words such as `4800 lights up; 2:100 curtain close` (REEL:FRAME VERB ARG). Raises Unreadable."""
    return tuple(_cue(part.strip()) for part in re.split(r"[;|\n]", text) if part.strip())


def cue_words(cues: Iterable[Cue]) -> str:
    """Return cues as `cues_in` reads them, one a line."""
    return "\n".join(f"{cue.reel}:{cue.frame} {cue.verb} {cue.arg}" for cue in cues)


def _cue(text: str) -> Cue:
    found = _CUE.fullmatch(text)
    if found is None:
        raise Unreadable(f"a cue is 'FRAME VERB ARG' or 'REEL:FRAME VERB ARG', not {text!r:.60}")
    reel, frame, verb, arg = found.groups()
    if verb not in tuple(Verb):
        raise Unreadable(f"a cue moves lights, curtain or masking, not {verb!r:.40}")
    return Cue(reel=int(reel or 1), frame=int(frame), verb=Verb(verb), arg=arg)
