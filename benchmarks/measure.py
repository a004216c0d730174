# SPDX-License-Identifier: Apache-2.0
"""How a cost is measured, and what a figure is: never a single time, never without what it is compared with."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

RUNS = 40
"""Rounds of a comparison; its parties take turns, so that a neighbour's load falls on each alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    `floor` is what it is compared with, measured in the same run and unit, `floor_says` what that was. `aim` is
    the most that `ratio` may be, or with `at_least` the least; None: nothing is aimed at.
    """

    name: str
    says: str
    value: float
    unit: str
    samples: int
    floor: float | None = None
    floor_says: str = ""
    aim: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the floor the value is."""
        return None if self.floor is None else self.value / self.floor

    @property
    def reached(self) -> bool | None:
        """Tell whether the aim is reached; None where there is none."""
        if self.aim is None or self.ratio is None:
            return None
        return self.ratio >= self.aim if self.at_least else self.ratio <= self.aim


def p99(samples: Sequence[float]) -> float:
    """Return the value below which 99 of 100 samples lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]


p50 = statistics.median


def in_turns(parties: Sequence[Callable[[], int]], runs: int = RUNS) -> list[list[float]]:
    """Run the parties in turns, after one round that is not counted; each returns how many things it did.

    Return for each party its samples in µs a thing.
    """
    samples: list[list[float]] = [[] for _ in parties]
    for run in range(runs + 1):
        for party, mine in zip(parties, samples, strict=True):
            with undisturbed():
                began = time.perf_counter_ns()
                done = party()
                took_ns = time.perf_counter_ns() - began
            if run:
                mine.append(took_ns / done / 1000)
    return samples


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the collector of cycles out, as its turn would fall on one party only."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def as_json(figures: Iterable[Figure]) -> dict[str, dict[str, float | int | str | None]]:
    """Return the figures as other programs read them: by name, `{value, unit, floor, ratio, samples}`."""
    return {
        each.name: {
            "value": round(each.value, 4),
            "unit": each.unit,
            "floor": None if each.floor is None else round(each.floor, 4),
            "ratio": None if each.ratio is None else round(each.ratio, 3),
            "samples": each.samples,
        }
        for each in figures
    }
