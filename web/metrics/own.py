# SPDX-License-Identifier: Apache-2.0
"""What the web process measures of itself."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

OWN = CollectorRegistry()
"""Not the library's global one: what else is imported must not appear here."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each one, that nobody asks for

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

ProcessCollector(namespace="projectionist_web", registry=OWN)
REQUESTS = Counter(
    "projectionist_web_requests", "Requests answered.", ["route", "method", "status"], registry=OWN
)  # the library adds _total
REQUEST_SECONDS = Histogram(
    "projectionist_web_request_seconds", "How long requests took.", ["route"], buckets=_SECONDS, registry=OWN
)
VIEWERS = Gauge("projectionist_web_viewers", "Connections to the live stream.", registry=OWN)
DROPPED = Counter(
    "projectionist_web_viewers_dropped", "Viewers that the server let go, by reason.", ["reason"], registry=OWN
)
LAG = Histogram(
    "projectionist_web_stream_lag_seconds",
    "From a row's being stored to its being handed to all viewers.",
    buckets=_SECONDS,
    registry=OWN,
)
for _reason in ("slow", "login_ended", "unreadable"):
    DROPPED.labels(_reason)  # there from the start: a rate needs a zero
