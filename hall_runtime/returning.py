# SPDX-License-Identifier: Apache-2.0
"""Servers that were away and are back: the first session that gets through calls the others, who wait longer."""

from collections.abc import Callable


class Servers:
    """Remembers which servers could not be reached, by id. `back(server)` is called once for each that returned.

    Attempts after an outage lie up to 15 s apart, by chance, so as not to hammer what is not there. Once one got
    through, waiting serves nobody: how many may knock at a time is the handshake gate's affair.
    """

    def __init__(self, back: Callable[[str], None]) -> None:
        self._back = back
        self._away: set[str] = set()

    def unreachable(self, server: str) -> None:
        """An attempt ended without an answer."""
        self._away.add(server)

    def answered(self, server: str) -> None:
        """A connection was proven."""
        if server in self._away:
            self._away.discard(server)
            self._back(server)
