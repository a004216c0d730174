# SPDX-License-Identifier: Apache-2.0
"""The metrics of runtime and halls, made of what the store holds. Pure; docs/reference/metrics.md lists them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from statemachines.now import Now
from web.metrics.figures import HallFigures, RuntimeFigures, StepTimes
from web.sight.hall_view import is_live

_Rows = Iterable[tuple[Sequence[str], float]]


class HallSeen(NamedTuple):
    """One hall in the store. `now` is None where its value cannot be read."""

    hall: str
    beat_ns: int
    now: Now | None
    figures: HallFigures


def of_life(beat_ns: int | None, now_ns: int) -> Iterator[Metric]:
    """Yield whether the runtime lives; None: none has ever run here."""
    live = beat_ns is not None and is_live(beat_ns, now_ns)
    yield _gauge("runtime_up", "1 while the runtime's heartbeat is younger than 5 s.", [((), live)])
    ages = [] if beat_ns is None else [((), (now_ns - beat_ns) / 1e9)]
    yield _gauge("runtime_beat_age_seconds", "Since the runtime last showed life.", ages)


def of_runtime(figures: RuntimeFigures) -> Iterator[Metric]:
    """Yield what the runtime tells of itself."""
    yield _gauge("runtime_start_time_seconds", "When it started, since 1970.", [((), figures.started_ns / 1e9)])
    yield _counter("events", "Events stepped.", _by(figures.events), "kind")
    edges = [((machine, edge), n) for machine, found in figures.transitions.items() for edge, n in found.items()]
    yield _counter("transitions", "Edges fired, of halls and sessions.", edges, "machine", "edge")
    yield _counter("refusals", "Events that halls refused, by the state in which.", _by(figures.refusals), "state")
    yield _counter("rotations", "Session keys rotated.", [((), figures.rotations)])
    yield _counter("handshakes", "SSH handshakes.", _by(figures.handshakes), "outcome")
    yield _histogram("step_seconds", "From an event's turn to its effects being on their way.", figures.step_us)
    yield _gauge("halls", "Halls.", _by(figures.halls), "state")
    sessions = [((role, state), n) for role, found in figures.sessions.items() for state, n in found.items()]
    yield _gauge("sessions", "Control sessions.", sessions, "role", "state")
    heard = {name: n for name, n in figures.heard.items() if name != "overflows"}
    yield _counter("kernel_events", "Events of devices, by how they came or went.", _by(heard), "outcome")
    overflows = figures.heard.get("overflows", 0)
    yield _counter("kernel_overflows", "Times that the kernel's buffer ran over.", [((), overflows)])
    yield _counter("kernel_malformed", "Messages that were no events.", _by(figures.malformed), "reason")
    yield _gauge("log_waiting_rows", "Rows that wait for their commit.", [((), figures.log.waiting)])
    yield _gauge("log_lag_seconds", "For how long the oldest of them has waited.", [((), figures.log.lag_ms / 1e3)])
    yield _gauge("log_lost_rows", "Rows that found no room and are not declared yet.", [((), figures.log.lost)])
    mail = figures.mailboxes
    yield _gauge("mailbox_waiting", "Events that wait for their turn, all halls.", [((), mail.waiting)])
    yield _gauge("mailbox_fullest", "Events that wait in the fullest mailbox.", [((), mail.fullest)])
    yield _counter("mailbox_coalesced", "Telemetry that a newer one replaced.", [((), mail.coalesced)])


def of_halls(halls: Sequence[HallSeen], now_ns: int) -> Iterator[Metric]:
    """Yield what the store holds of each hall."""
    read = [(each.hall, each.now) for each in halls if each.now is not None]
    states = [((hall, str(now.hall.state)), 1) for hall, now in read]
    yield _gauge("hall_state", "1 for the state that a hall is in.", states, "hall", "state")
    ages = [((each.hall,), (now_ns - each.beat_ns) / 1e9) for each in halls]
    yield _gauge("hall_beat_age_seconds", "Since a hall's task last showed life.", ages, "hall")
    mail = [((each.hall,), each.figures.mailbox) for each in halls]
    yield _gauge("hall_mailbox_waiting", "Events that wait for a hall.", mail, "hall")
    trips = [
        ((e.hall, role), us / 1e6) for e in halls for role, us in e.figures.round_trip_us.items() if us is not None
    ]
    yield _gauge("session_round_trip_seconds", "A session's newest ping.", trips, "hall", "role")
    heard = [
        ((each.hall, role, outcome), n)
        for each in halls
        for role, counts in each.figures.heard.items()
        for outcome, n in counts.items()
    ]
    yield _counter("hall_kernel_events", "Events of one device.", heard, "hall", "role", "outcome")
    alarms = Counter((hall, str(alarm.state)) for hall, now in read for alarm in now.hall.alarms)
    yield _gauge("alarms", "Alarms that are not normal.", list(alarms.items()), "hall", "state")


def of_log(pos: int) -> Metric:
    """Return how far the log is."""
    return _gauge("log_position", "Position of the log's newest row.", [((), pos)])


def _by(found: Mapping[str, int]) -> _Rows:
    return [((name,), n) for name, n in found.items()]


def _counter(name: str, says: str, rows: _Rows, *labels: str) -> Metric:
    family = CounterMetricFamily(f"projectionist_{name}", says, labels=labels)
    for values, n in rows:
        family.add_metric(list(values), n)
    return family


def _gauge(name: str, says: str, rows: _Rows, *labels: str) -> Metric:
    family = GaugeMetricFamily(f"projectionist_{name}", says, labels=labels)
    for values, n in rows:
        family.add_metric(list(values), n)
    return family


def _histogram(name: str, says: str, times: StepTimes) -> Metric:
    ends = [f"{us / 1e6:g}" for us in times.bounds] + ["+Inf"]
    buckets = list(zip(ends, accumulate(times.counts), strict=False))
    family = HistogramMetricFamily(f"projectionist_{name}", says)
    if buckets:
        family.add_metric([], buckets, times.sum / 1e6)
    return family
