# SPDX-License-Identifier: Apache-2.0
"""What the API answers under load, on both databases: how late, and how often a second."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import mean
from typing import IO

from benchmarks.asking_databases import databases
from benchmarks.corridor.scene import ahead_of_neighbours
from benchmarks.described import HALLS
from benchmarks.measure import Figure, p50, p99
from benchmarks.scale_talk import Child

CALLERS, ROWS = 4, 3000
ROUNDS, FOR_S = 5, 1.0
_FLOOR = "/health"
_HALL = HALLS[0]
PATHS = {
    "site": "/site",
    "halls": "/halls",
    "hall": f"/halls/{_HALL}",
    "graph": f"/halls/{_HALL}/graph",
    "events": "/events",
}


def measure(directory: Path) -> list[Figure]:
    """Measure each database after the other. Web process and callers are processes of their own."""
    figures: list[Figure] = []
    with ExitStack() as opened:
        if os.geteuid() == 0:
            opened.enter_context(ahead_of_neighbours())
        found = opened.enter_context(databases())
        errors = opened.enter_context((directory / "errors").open("ab"))
        for name, environment in found.items():
            took_ms, per_s = _loaded(directory / name, errors, environment)
            for key, path in PATHS.items():
                figures += _figures(name, key, path, took_ms, per_s)
    return figures


def _loaded(
    directory: Path, errors: IO[bytes], environment: dict[str, str]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return how long answers took in ms, and how many came a second, by path; the paths take turns."""
    took_ms, per_s = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    with ExitStack() as opened:

        def child(module: str, *arguments: str | Path) -> Child:
            return opened.enter_context(Child(module, *arguments, errors=errors, **environment))

        site = child("benchmarks.answering_site", directory, str(CALLERS), str(ROWS))
        web = child("benchmarks.viewers_web", directory)
        callers = child("benchmarks.answering_load", str(web.greeting["port"]), *site.greeting["tokens"])
        for number in range(ROUNDS + 1):
            for path in (_FLOOR, *PATHS.values()):
                told = callers.ask("load", FOR_S, path)
                if number:  # the first round warms caches
                    took_ms[path] += told["took_ms"]
                    per_s[path].append(told["per_s"])
    return took_ms, {path: mean(each) for path, each in per_s.items()}


def _figures(
    name: str, key: str, path: str, took_ms: dict[str, list[float]], per_s: dict[str, float]
) -> Iterator[Figure]:
    own, floor, count, start = took_ms[path], took_ms[_FLOOR], len(took_ms[path]), f"answer_{name.lower()}_{key}"
    yield Figure(f"{start}_p50", f"{name}: {path}, p50", p50(own), "ms", count, p50(floor), _FLOOR)
    yield Figure(f"{start}_p99", "the same, p99", p99(own), "ms", count, p99(floor), f"{_FLOOR}, p99")
    yield Figure(f"{start}_rate", "answers a second", per_s[path], "/s", count, per_s[_FLOOR], _FLOOR)
