# SPDX-License-Identifier: Apache-2.0
"""How much of a processor this process is given now: by so much a limit in ms may be stretched beside others."""

import time

_SPAN_S = 0.2


def crowding() -> float:
    """Return how many times its own processor time a busy loop takes: 1 where it has a processor to itself."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < _SPAN_S:
        pass
    return max((time.perf_counter() - began) / (time.thread_time() - worked), 1.0)
