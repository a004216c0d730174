# SPDX-License-Identifier: Apache-2.0
"""A thousand halls in one process: at rest, with two thousand sessions, while keys rotate."""

import statistics
import time
from pathlib import Path

from benchmarks.measure import Figure, p50, p99
from benchmarks.scale_site import Site, cpu_percent

HALLS = 1000
SESSIONS = 2 * HALLS
REAL_SERVERS = 3
WINDOW_S, WINDOWS = 10.0, 3
QUIET_S = 3.0
"""No heartbeat for so long; from 6 s on the halls would call their devices silent."""
ROTATIONS_S = 60.0
ROTATIONS_PER_S = SESSIONS / 600
FILM_HALLS = 250
_CORE = "% of a core, the aim"


def measure(directory: Path) -> list[Figure]:
    """Measure one site of a thousand halls. Takes about five minutes."""
    with Site(directory, halls=HALLS, real=REAL_SERVERS) as site:
        began = time.monotonic()
        site.start()
        started = Figure("scale_start", "until 1,000 halls have read their hardware", time.monotonic() - began, "s", 1)
        return [started, *_at_rest(site), *_with_sessions(site)]


def _windows(site: Site) -> list[float]:
    return [cpu_percent(site.runtime, WINDOW_S) for _ in range(WINDOWS)]


def _at_rest(site: Site) -> list[Figure]:
    site.until_sessions(SESSIONS, "down")
    time.sleep(5)
    beating, quiet = _windows(site), []
    for _ in range(WINDOWS):
        site.devices.ask("beats", "off")
        quiet.append(cpu_percent(site.runtime, QUIET_S))
        site.devices.ask("beats", "on")
        time.sleep(5)
    return [
        Figure(
            "scale_idle_cpu", "idle, 1,000 heartbeats a second", p50(beating), "%", len(beating), 10.0, _CORE, aim=1.0
        ),
        Figure("scale_idle_cpu_quiet", "the same in a pause of the heartbeats", p50(quiet), "%", len(quiet)),
        Figure("scale_idle_memory", "resident, no session", site.runtime.rss_mib(), "MiB", 1),
    ]


def _with_sessions(site: Site) -> list[Figure]:
    site.runtime.ask("warm", HALLS)
    site.until_sessions(SESSIONS, "up")
    time.sleep(15)
    up = _windows(site)
    memory = Figure(
        "scale_memory", "resident in all, 2,000 sessions", site.runtime.rss_mib(), "MiB", 1, 250, "the aim", aim=1.0
    )
    return [
        Figure("scale_sessions_cpu", "2,000 sessions up and pinged, heartbeats as before", p50(up), "%", len(up)),
        memory,
        *_broken_down(site, p50(up)),
        *_lag(site),
        *_event_to_effect(site),
        _rotations(site),
    ]


def _broken_down(site: Site, cpu: float) -> list[Figure]:
    """The share of each kind of work in the CPU time, as % of a core."""
    site.runtime.ask("profile", "on")
    time.sleep(2 * WINDOW_S)
    kinds: dict[str, int] = site.runtime.ask("profile", "off")["kinds"]
    samples = sum(kinds.values())
    return [
        Figure(f"scale_cpu_{kind.replace(':', '').replace(',', '').replace(' ', '_')}", kind, cpu * n / samples, "%", n)
        for kind, n in kinds.items()
        if n * 100 >= samples
    ]


def _lag(site: Site) -> list[Figure]:
    """How late the event loop is for whoever wants to run: what every event may meet on its way."""
    told = site.runtime.ask("lag", 3 * WINDOW_S)
    late, pauses = told["late"], told["collections"] or [0.0]
    return [
        Figure("scale_loop_lag_p99", "the event loop is later than asked for, p99", p99(late), "µs", len(late)),
        Figure("scale_collection_longest", "longest pause to collect garbage", max(pauses), "µs", len(pauses)),
    ]


def _event_to_effect(site: Site) -> list[Figure]:
    """READY in a hall strikes its lamp: from the event's write to the command's line at the agent, one clock."""
    site.devices.ask("say", "filmin", FILM_HALLS, 10)
    site.until("film is in", lambda: site.asked("halls").get("threading", 0) == FILM_HALLS)
    time.sleep(5)
    for child in (site.devices, *site.servers):
        child.ask("told")
    site.devices.ask("say", "ready", FILM_HALLS, 10)
    time.sleep(2)
    said = {hall: at_ns for hall, word, at_ns in site.devices.ask("told")["said"] if word == "ready"}
    site.devices.ask("say", "lampon", FILM_HALLS, 2)
    told = [each for server in site.servers for each in server.ask("told")["commands"]]
    took_us = {hall: (at_ns - said[hall]) / 1000 for hall, verb, at_ns in told if verb == "lamp" and hall in said}
    light = [took_us[hall] for hall in took_us if hall not in site.real_halls]
    real = [took_us[hall] for hall in site.real_halls]
    return [
        Figure("scale_event_to_effect", "event written → command at the agent", p50(light), "µs", len(light)),
        Figure("scale_event_to_effect_p99", "the same, p99", p99(light), "µs", len(light)),
        Figure("scale_real_effect", "event written → command at a device behind sshd", p50(real), "µs", len(real)),
    ]


def _rotations(site: Site) -> Figure:
    """2,000 rotations in 10 minutes, measured for a minute at that rate between two minutes without."""
    before = cpu_percent(site.runtime, ROTATIONS_S / 2)
    began, used = time.monotonic(), site.runtime.cpu_s()
    site.runtime.ask("rotate", ROTATIONS_PER_S, ROTATIONS_S)
    rotating = (site.runtime.cpu_s() - used) / (time.monotonic() - began) * 100
    after = cpu_percent(site.runtime, ROTATIONS_S / 2)
    more = rotating - statistics.mean((before, after))
    says = f"{ROTATIONS_PER_S:.1f} rotations a second more, for {ROTATIONS_S:.0f} s"
    return Figure("scale_rotation_cpu", says, more, "%", int(ROTATIONS_PER_S * ROTATIONS_S), 5.0, _CORE, aim=1.0)
