# SPDX-License-Identifier: Apache-2.0
"""What a device is waiting for: named instants of its own clock, met in order however seldom anybody looks."""

from collections.abc import Callable, Mapping

NEVER = 1 << 63
"""Later than any instant, in ns."""


class Timers:
    """Named deadlines in ns, at most one a name; those of one instant are met in the order of the names' table."""

    def __init__(self, handlers: Mapping[str, Callable[[], None]]) -> None:
        self._handlers = handlers
        self._order = {name: place for place, name in enumerate(handlers)}
        self._due: dict[str, int] = {}

    def set(self, name: str, at_ns: int | None) -> None:
        """Expect `name` at `at_ns` instead of any earlier wish; None: no more."""
        if at_ns is None:
            self._due.pop(name, None)
        else:
            self._due[name] = at_ns

    def cancel(self, *names: str) -> None:
        """Expect these no more."""
        for name in names:
            self._due.pop(name, None)

    def waits_for(self, name: str) -> bool:
        """Tell whether `name` is expected."""
        return name in self._due

    def next_ns(self) -> int:
        """Return when the earliest is due; NEVER if nothing is expected."""
        return min(self._due.values(), default=NEVER)

    def meet(self) -> None:
        """Take the earliest and call what it was set for."""
        name = min(self._due, key=lambda each: (self._due[each], self._order[each]))
        del self._due[name]
        self._handlers[name]()
