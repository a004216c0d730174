# SPDX-License-Identifier: Apache-2.0
"""From an operator's request over HTTP to a command that its device has acknowledged, on both databases."""

from pathlib import Path

from benchmarks.asking_databases import POSTGRESQL, SQLITE, databases
from benchmarks.corridor.scene import ahead_of_neighbours
from benchmarks.measure import Figure, p50, p99
from benchmarks.scale_talk import Child

SHOWS = 150
AIMS_MS = {SQLITE: 100.0, POSTGRESQL: 50.0}
_HEALTH = "GET /api/v1/health on the same connection"


def measure(directory: Path) -> list[Figure]:
    """Measure each database after the other, some 20 s each. `directory` must be private."""
    figures: list[Figure] = []
    with ahead_of_neighbours(), databases() as found, (directory / "errors").open("ab") as errors:
        for name, environment in found.items():
            site = Child("benchmarks.asking_site", directory / name, str(SHOWS), errors=errors, **environment)
            site.end()
            figures += _figures(name, site.greeting)
    return figures


def _figures(name: str, samples: dict[str, list[float]]) -> list[Figure]:
    done, answered, floor = (samples[each] for each in ("acknowledged", "answered", "floor"))
    key, count, asked = f"asking_{name.lower()}", len(done), f"{name}: START or STOP asked"
    return [
        Figure(f"{key}_p50", f"{asked} → acknowledged", p50(done), "ms", count, AIMS_MS[name], "the aim", aim=1.0),
        Figure(f"{key}_p99", "the same, p99", p99(done), "ms", count),
        Figure(f"{key}_heard_p50", "of it, until it is in the hall's mailbox", p50(samples["heard"]), "ms", count),
        Figure(f"{key}_answered_p50", f"{asked} → the verdict", p50(answered), "ms", count, p50(floor), _HEALTH),
        Figure(f"{key}_answered_p99", "the same, p99", p99(answered), "ms", count, p99(floor), f"{_HEALTH}, p99"),
    ]
