# SPDX-License-Identifier: Apache-2.0
"""All sessions lost at once, all servers there at once: how fast they come back, and who comes first."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figure
from benchmarks.scale_site import Site

HALLS, FILM_HALLS = 500, 100
LIMITS = (2, 4, 8, 16, 32)
"""Handshakes at a time: the sweep that looks for the best rate. The product's own is 8."""
OWN_LIMIT = 8
ROUNDS = 2
OUTAGE_S = 20.0


@dataclass(frozen=True)
class Comeback:
    """One session's way back, in ns of the runtime's time: it asked for a place, began its handshake, was up."""

    hall: str
    film: bool
    asked_ns: int
    began_ns: int
    up_ns: int


@dataclass(frozen=True)
class Storm:
    """What one storm came to. `seconds` from the cut (or the servers' return) to the last session."""

    seconds: float
    comebacks: tuple[Comeback, ...]
    most_at_once: int

    @property
    def rate(self) -> float:
        """Sessions a second."""
        return len(self.comebacks) / self.seconds


def prepare(site: Site, film_halls: int) -> None:
    """Bring every session up: the first halls have film in the gate, the others are kept warm."""
    site.start()
    site.devices.ask("say", "filmin", film_halls, 1)
    site.runtime.ask("warm", len(site.halls) - film_halls)
    site.until("film is in", lambda: site.asked("halls").get("threading", 0) == film_halls)
    site.until_sessions(2 * len(site.halls), "up")


def storm(site: Site, film_halls: int, *, outage_s: float = 0.0) -> Storm:
    """Cut every connection at once; with an outage nothing listens for so long."""
    for server in site.servers:
        server.ask("told")
    if outage_s:
        for server in site.servers:
            server.ask("deaf")
    cut_ns = time.time_ns()
    for server in site.servers:
        server.ask("cut")
    if outage_s:
        time.sleep(outage_s)
    back_ns = time.time_ns()
    if outage_s:
        for server in site.servers:
            server.ask("back")
    total = 2 * len(site.halls)
    site.until("every session is back", lambda: len(_comebacks(site, cut_ns, film_halls)) == total, look_s=1.0)
    comebacks = _comebacks(site, cut_ns, film_halls)
    at_once = sum(server.ask("told")["most_at_once"] for server in site.servers)
    return Storm((max(each.up_ns for each in comebacks) - back_ns) / 1e9, tuple(comebacks), at_once)


def _comebacks(site: Site, since_ns: int, film_halls: int) -> list[Comeback]:
    """Read from the log who came back since."""
    film = set(site.halls[:film_halls])
    database = sqlite3.connect(f"file:{site.directory / 'state' / 'log.sqlite'}?mode=ro", uri=True, timeout=10)
    query = (
        "SELECT stream, subject, kind, at_ns, payload FROM event WHERE at_ns > ? AND subject LIKE 'session:%' "
        "AND kind IN ('link_opened', 'timer_due') ORDER BY pos"
    )
    asked: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str], Comeback] = {}
    try:
        rows = database.execute(query, (since_ns,)).fetchall()
    finally:
        database.close()
    for hall, subject, kind, at_ns, text in rows:
        payload = json.loads(text)
        if kind == "link_opened":
            at = asked.get((hall, subject), since_ns)
            found[hall, subject] = Comeback(hall, hall in film, at, at_ns - payload["age_ns"], at_ns)
        elif str(payload["name"]).endswith(":retry"):
            asked[hall, subject] = at_ns
    return list(found.values())


def overtaken(comebacks: Sequence[Comeback], slack_ns: int = 300_000_000) -> list[Comeback]:
    """Return the sessions of halls with film that waited for a place while one without film was let in.

    `slack_ns` is for what lies between the due time of an attempt and its place in the queue.
    """
    idle = sorted(each.began_ns for each in comebacks if not each.film)
    return [
        each
        for each in comebacks
        if each.film and any(each.asked_ns + slack_ns < began_ns < each.began_ns for began_ns in idle)
    ]


def measure(directory: Path) -> list[Figure]:
    """Measure storms of a thousand sessions with each limit in turn, and one after a real outage."""
    with Site(directory, halls=HALLS) as site:
        prepare(site, FILM_HALLS)
        rates: dict[int, list[float]] = {limit: [] for limit in LIMITS}
        storms: list[Storm] = []
        for _ in range(ROUNDS):
            for limit in LIMITS:
                site.runtime.ask("handshakes", limit)
                time.sleep(5)
                one = storm(site, FILM_HALLS)
                rates[limit].append(one.rate)
                storms += [one] if limit == OWN_LIMIT else []
        site.runtime.ask("handshakes", OWN_LIMIT)
        time.sleep(5)
        late = storm(site, FILM_HALLS, outage_s=OUTAGE_S)
    return _figures(rates, storms, late)


def _figures(rates: dict[int, list[float]], storms: Sequence[Storm], late: Storm) -> list[Figure]:
    mean = {limit: sum(each) / len(each) for limit, each in rates.items()}
    best = max(mean, key=lambda limit: mean[limit])
    says = f"the best of the sweep, {best} at a time"
    own = [each for one in storms for each in one.comebacks]
    film = sum(each.film for each in own)
    n = len(own)
    return [
        Figure("storm_rate", "1,000 sessions back, 8 at a time", mean[OWN_LIMIT], "/s", n, mean[best], says, 0.8, True),
        *(Figure(f"storm_rate_{limit}", f"{limit} at a time", rate, "/s", ROUNDS) for limit, rate in mean.items()),
        Figure("storm_overtaken", "film sessions that waited behind one without", len(overtaken(own)), "", film),
        Figure("storm_at_once", "logins under way at once, all servers", max(s.most_at_once for s in storms), "", n),
        Figure(
            "storm_after_outage",
            f"1,000 sessions back after {OUTAGE_S:.0f} s without servers",
            late.rate,
            "/s",
            len(late.comebacks),
            mean[best],
            says,
            0.8,
            True,
        ),
    ]
