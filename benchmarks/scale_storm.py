# SPDX-License-Identifier: Apache-2.0
"""All sessions lost at once, all servers there at once: how fast they come back, and who comes first."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figure, p50
from benchmarks.scale_site import Site

HALLS, FILM_HALLS, REAL_SERVERS = 500, 100, 2
LIMITS = (2, 4, 8, 16, 32)
"""Handshakes at a time: the sweep that looks for the best rate. The product's own is 8."""
OWN_LIMIT = 8
ROUNDS = 3
OUTAGE_S = 20.0
STEADY_S = 17.0
"""Between two storms. A link lost within its first 15 s counts as flapping: what would be measured is its back-off."""
UNDER_WAY_NS = 1_000_000_000
"""Attempts that were under way when the servers came back have failed by then: nobody listened to them."""


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
    """What one storm came to. `seconds` from the cut (or the servers' return) to the last session.

    `refused`: attempts that failed though the servers were there, for their limits or whatever else.
    """

    seconds: float
    comebacks: tuple[Comeback, ...]
    most_at_once: int
    refused: int

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
    refused = _refused(site, back_ns + (UNDER_WAY_NS if outage_s else 0))
    return Storm((max(each.up_ns for each in comebacks) - back_ns) / 1e9, tuple(comebacks), at_once, refused)


def _rows(site: Site, since_ns: int, kinds: Sequence[str]) -> list[tuple[str, str, str, int, str]]:
    """Read the sessions' rows of these kinds since a moment, in their order."""
    database = sqlite3.connect(f"file:{site.directory / 'state' / 'log.sqlite'}?mode=ro", uri=True, timeout=10)
    query = (
        "SELECT stream, subject, kind, at_ns, payload FROM event "
        "WHERE at_ns > ? AND subject LIKE 'session:%' ORDER BY pos"
    )
    try:
        return [row for row in database.execute(query, (since_ns,)) if row[2] in kinds]
    finally:
        database.close()


def _refused(site: Site, since_ns: int) -> int:
    return len(_rows(site, since_ns, ("link_failed", "credential_refused", "host_key_refused", "hello_refused")))


def _comebacks(site: Site, since_ns: int, film_halls: int) -> list[Comeback]:
    """Read from the log who came back since."""
    film = set(site.halls[:film_halls])
    asked: dict[tuple[str, str], int] = {}
    found: dict[tuple[str, str], Comeback] = {}
    for hall, subject, kind, at_ns, text in _rows(site, since_ns, ("link_opened", "timer_due", "server_returned")):
        payload = json.loads(text)
        if kind == "link_opened":
            at = asked.get((hall, subject), since_ns)
            found[hall, subject] = Comeback(hall, hall in film, at, at_ns - payload["age_ns"], at_ns)
        elif kind == "server_returned" or str(payload["name"]).endswith(":retry"):
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
    """Measure storms of a thousand sessions with each limit in turn, and after a real outage; a quarter of an hour."""
    storms: dict[int, list[Storm]] = {limit: [] for limit in LIMITS}
    late: list[Storm] = []
    with Site(directory, halls=HALLS, real=REAL_SERVERS) as site:
        prepare(site, FILM_HALLS)
        for _ in range(ROUNDS):
            for limit in LIMITS:
                storms[limit].append(_limited(site, limit))
            late.append(_limited(site, OWN_LIMIT, OUTAGE_S))
    refused = [sum(one.refused for one in each) for each in (*storms.values(), late)]
    assert not any(refused), f"attempts were refused, by limit and after an outage: {refused}"
    return _figures(storms, late)


def _limited(site: Site, limit: int, outage_s: float = 0.0) -> Storm:
    site.runtime.ask("handshakes", limit)
    time.sleep(STEADY_S)
    one = storm(site, FILM_HALLS, outage_s=outage_s)
    print(f"  {limit} at a time, {outage_s:.0f} s without servers: {one.rate:.1f} sessions a second", flush=True)
    return one


def _figures(storms: dict[int, list[Storm]], late: Sequence[Storm]) -> list[Figure]:
    rates = {limit: p50([one.rate for one in each]) for limit, each in storms.items()}
    best = max(rates, key=lambda limit: rates[limit])
    says = f"the best of the sweep, {best} at a time"
    own = storms[OWN_LIMIT]
    comebacks = [each for one in own for each in one.comebacks]
    film = sum(each.film for each in comebacks)
    n, after = len(comebacks), sum(len(one.comebacks) for one in late)
    again = f"1,000 sessions back after {OUTAGE_S:.0f} s without servers"
    return [
        Figure(
            "storm_rate", "1,000 sessions back, 8 at a time", rates[OWN_LIMIT], "/s", n, rates[best], says, 0.8, True
        ),
        *(Figure(f"storm_rate_{limit}", f"{limit} at a time", rate, "/s", ROUNDS) for limit, rate in rates.items()),
        Figure("storm_overtaken", "film sessions that waited behind one without", len(overtaken(comebacks)), "", film),
        Figure("storm_at_once", "logins under way at once, light servers", max(s.most_at_once for s in own), "", n),
        Figure("storm_after_outage", again, p50([s.rate for s in late]), "/s", after, rates[best], says, 0.8, True),
    ]
