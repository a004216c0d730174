# SPDX-License-Identifier: Apache-2.0
"""How often one caller, or one address, may ask: token buckets in this process. An emergency stop is never limited."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 10_000


class Buckets:
    """A bucket for each key: `burst` at once, `rate_s` a second after that. The least recently used key goes first."""

    def __init__(self, *, rate_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate_s, self._burst, self._clock = rate_s, float(burst), clock
        self._full: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> int:
        """Take one. Return 0, or in how many whole seconds there will be one again."""
        with self._lock:
            now = self._clock()
            left, since = self._full.pop(key, (self._burst, now))
            left = min(left + (now - since) * self._rate_s, self._burst)
            wait_s = 0 if left >= 1 else math.ceil((1 - left) / self._rate_s)
            self._full[key] = (left if wait_s else left - 1, now)
            if len(self._full) > _MOST:
                self._full.popitem(last=False)
        return wait_s

    def forget(self) -> None:
        """Begin anew, with every bucket full."""
        with self._lock:
            self._full.clear()


BY_ADDRESS = Buckets(rate_s=100, burst=1000)
"""Everything but static files. A foyer of screens behind one address fits."""
BY_CALLER = Buckets(rate_s=50, burst=500)
BY_LOGIN = Buckets(rate_s=1 / 30, burst=10)
"""Attempts to log in, by address and by name."""
BY_FAILURE = Buckets(rate_s=0.5, burst=30)
"""Tokens that were not good, by address."""
ALL = (BY_ADDRESS, BY_CALLER, BY_LOGIN, BY_FAILURE)
