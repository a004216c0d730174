# SPDX-License-Identifier: Apache-2.0
"""What is read from the store for a scrape: three queries."""

import time
from collections.abc import Iterator

import msgspec
import structlog
from django.db import Error
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from adapters.store.models import HallNow
from adapters.store.selectors import halls_now, value_of
from adapters.store.selectors_now import newest_pos, runtime_now
from web.metrics.families import HallSeen, of_halls, of_life, of_log, of_runtime
from web.metrics.figures import HallFigures, RuntimeFigures, hall_figures_from, runtime_figures_from

_say = structlog.get_logger(__name__)


class StoreCollector(Collector):
    """Tells what the store holds; while the database is away, only that."""

    def describe(self) -> list[Metric]:
        """Return nothing: what there is is known only by reading."""
        return []

    @override
    def collect(self) -> Iterator[Metric]:
        try:
            found = list(_read(time.time_ns()))
        except Error as wrong:
            _say.warning("metrics_store_unreadable", wrong=str(wrong))
            found = []
        yield GaugeMetricFamily("projectionist_web_store_up", "1 when the store could be read.", value=bool(found))
        yield from found


def _read(now_ns: int) -> Iterator[Metric]:
    yield of_log(newest_pos())
    runtime = runtime_now()
    yield from of_life(runtime.at_ns if runtime else None, now_ns)
    try:
        yield from of_runtime(runtime_figures_from(runtime.figures) if runtime else RuntimeFigures())
    except msgspec.MsgspecError as wrong:
        _say.warning("metrics_figures_unreadable", wrong=str(wrong))
    yield from of_halls([_seen(row) for row in halls_now()], now_ns)


def _seen(row: HallNow) -> HallSeen:
    try:
        figures = hall_figures_from(row.figures)
    except msgspec.MsgspecError:
        figures = HallFigures()
    return HallSeen(row.hall, row.heartbeat_ns, value_of(row), figures)
