# SPDX-License-Identifier: Apache-2.0
"""The book of what was done: each deed with its time, so that a log can be read beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from typing_extensions import override


@dataclass(frozen=True)
class Deed:
    """One thing that was done. Times in ns, of the wall clock and of the monotonic one."""

    words: str
    at_ns: int
    monotonic_ns: int


@dataclass
class Deeds:
    """All of them, in order."""

    done: list[Deed] = field(default_factory=list)

    def note(self, words: str) -> Deed:
        """Write down what is about to be done."""
        deed = Deed(words, time.time_ns(), time.monotonic_ns())
        self.done.append(deed)
        return deed

    @contextmanager
    def lasting(self, words: str) -> Iterator[Deed]:
        """Write down a deed's beginning and its end."""
        deed = self.note(words)
        try:
            yield deed
        finally:
            self.note(f"{words}: over")

    @override
    def __str__(self) -> str:
        return "\n".join(f"{_clock(deed.at_ns)} {deed.words}" for deed in self.done)


def _clock(at_ns: int) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(at_ns // 10**9)) + f".{at_ns // 10**6 % 1000:03}"
