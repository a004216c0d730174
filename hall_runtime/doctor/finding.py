# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """`warn`: the site runs, and something is worse than it should be. `fail`: something will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`about` names the thing, `words` say how it is, `mend` what to do where it is not well."""

    about: str
    mark: Mark
    words: str
    mend: str = ""


def well(about: str, words: str) -> Finding:
    """Return that a thing is as it should be."""
    return Finding(about=about, mark=Mark.OK, words=words)


def worse(about: str, words: str, mend: str) -> Finding:
    """Return that a thing is worse than it should be."""
    return Finding(about=about, mark=Mark.WARN, words=words, mend=mend)


def wrong(about: str, words: str, mend: str = "") -> Finding:
    """Return that a thing does not work; `mend` is empty where the words say it."""
    return Finding(about=about, mark=Mark.FAIL, words=words, mend=mend)
