# SPDX-License-Identifier: Apache-2.0
"""How a cost is measured: many short runs, their median and p99, never a single time."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

RUNS = 200


@dataclass(frozen=True)
class Figure:
    """A cost in µs a call, over RUNS runs."""

    name: str
    p50_us: float
    p99_us: float

    def line(self, floor: "Figure | None" = None) -> str:
        """Return the figure as a row; with a floor, also how many times the floor's median it is."""
        ratio = "" if floor is None else f"  {self.p50_us / floor.p50_us:5.1f} x {floor.name}"
        return f"{self.name:<44} p50 {self.p50_us:8.1f} µs  p99 {self.p99_us:8.1f} µs{ratio}"


def cost(name: str, call: Callable[[], object], batch: int = 50) -> Figure:
    """Time `call`: RUNS runs of `batch` calls each, after one that is not counted."""
    samples = []
    for run in range(RUNS + 1):
        began = time.perf_counter_ns()
        for _ in range(batch):
            call()
        if run:
            samples.append((time.perf_counter_ns() - began) / batch / 1000)
    return Figure(name, statistics.median(samples), statistics.quantiles(samples, n=100)[98])
