# SPDX-License-Identifier: Apache-2.0
"""A thousand viewers of the live stream on one web process: how late a row is, and what it costs."""

import os
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.corridor.scene import ahead_of_neighbours
from benchmarks.measure import Figure
from benchmarks.scale_site import cpu_percent
from benchmarks.scale_talk import Child

VIEWERS = 1000
PER_S = 5
FOR_S = 60
AIM_MS = 250.0
_AT_REST_S = 10.0
_SETTLED_S = 3.0


class Lost(RuntimeError):
    """Not every viewer got every row once."""


def measure(directory: Path) -> list[Figure]:
    """Measure for a minute. Site, web process and viewers are processes of their own, and share the machine.

    Raises:
        Lost: a viewer missed a row, or got one twice.
    """
    with ExitStack() as opened:
        if os.geteuid() == 0:
            opened.enter_context(ahead_of_neighbours())
        errors = opened.enter_context((directory / "errors").open("ab"))

        def child(module: str, *arguments: str | Path) -> Child:
            return opened.enter_context(Child(module, *arguments, errors=errors))

        site = child("benchmarks.viewers_site", directory / "state")
        web = child("benchmarks.viewers_web", directory / "state")
        watch = child("benchmarks.viewers_watch", str(web.greeting["port"]), str(site.greeting["token"]))
        watch.ask("join", 1)
        alone_mib, alone = web.rss_mib(), cpu_percent(web, _AT_REST_S)
        joined = watch.ask("join", VIEWERS - 1)
        time.sleep(_SETTLED_S)
        watch.ask("told")
        at_rest = cpu_percent(web, _AT_REST_S)
        began, used, watching = time.monotonic(), web.cpu_s(), watch.cpu_s()
        written = site.ask("write", PER_S, FOR_S)["written"]
        took_s = time.monotonic() - began
        cpu, viewers_cpu = (100 * s / took_s for s in (web.cpu_s() - used, watch.cpu_s() - watching))
        time.sleep(_SETTLED_S)
        told, whole_mib = watch.ask("told"), web.rss_mib()
    if not told["fewest"] == told["most"] == written:
        raise Lost(f"{written} rows were written; viewers got from {told['fewest']} to {told['most']}")
    n, kib = told["rows"], (whole_mib - alone_mib) * 1024 / VIEWERS
    aim = "the aim"
    return [
        Figure("viewers_event_p50", "row appended → at the viewer", told["p50_ms"], "ms", n),
        Figure("viewers_event_p99", "the same, p99", told["p99_ms"], "ms", n, AIM_MS, aim, aim=1.0),
        Figure("viewers_cpu", f"web process, {PER_S} rows a second", cpu, "%", written),
        Figure("viewers_one_cpu", "web process, one viewer, no row", alone, "%", 1),
        Figure("viewers_idle_cpu", "web process, 1,000 viewers, no row", at_rest, "%", 1),
        Figure("viewers_own_cpu", "beside it: the process that plays the viewers", viewers_cpu, "%", written),
        Figure("viewers_memory", "resident, 1,000 viewers", whole_mib, "MiB", 1, alone_mib, "with one viewer"),
        Figure("viewers_each", "of it for each viewer", kib, "KiB", VIEWERS),
        Figure("viewers_join", "until 999 more have their greeting, 50 at a time", joined["s"], "s", 1),
    ]
