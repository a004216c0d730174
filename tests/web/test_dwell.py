# SPDX-License-Identifier: Apache-2.0
"""How long a hall stays in its states, and how often it takes which way."""

from hypothesis import given
from hypothesis import strategies as st

from web.sight.dwell import Change, percentile, tallied

S = 1_000_000_000


def test_stays_are_measured_from_entering_to_leaving() -> None:
    tally = tallied(
        [
            Change(10 * S, "idle>threading:film_inserted"),
            Change(70 * S, "threading>projecting:show_started"),
            Change(100 * S, "projecting>threading:show_stopped"),
            Change(110 * S, "threading>projecting:show_started"),
            Change(200 * S, "projecting>fault:film_broke"),
        ]
    )
    threading, projecting = tally.dwell("threading"), tally.dwell("projecting")
    assert threading is not None
    assert (threading.p50_ms, threading.p90_ms) == (10_000, 60_000)
    assert projecting is not None
    assert (projecting.p50_ms, projecting.p99_ms) == (30_000, 90_000)
    assert tally.dwell("idle") is None  # nobody saw it being entered
    assert tally.dwell("fault") is None  # it lasts still
    assert tally.moves["threading", "projecting"] == 2
    assert tally.last_ns["threading", "projecting"] == 110 * S
    assert tally.entered == {"threading": 2, "projecting": 2, "fault": 1}


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(1, 100))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)
