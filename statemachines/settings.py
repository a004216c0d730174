# SPDX-License-Identifier: Apache-2.0
"""What the site's configuration fixes for a hall: its servers, its programme, and how long it waits."""

from statemachines.values import Value
from statemachines.words import Role

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


class Timings(Value, frozen=True, kw_only=True):
    """How long a hall waits, in ns. All assumed; all configuration.

    Of a show: `session_lead` before it sessions open (RosettaBridge loads a show 15 min before it starts) and
    `threaded_before` it the film is to be ready; it is late `show_late` after its time, given up `show_over` after it.
    """

    threading_overdue: int = 30 * MINUTE
    lamp_overdue: int = 15 * SECOND
    lamp_hold: int = 20 * MINUTE
    start_overdue: int = 10 * SECOND
    runout: int = 10 * SECOND
    rewind_margin: int = 60 * SECOND
    stop_repeat: int = SECOND // 2
    stop_confirm: int = 2 * SECOND
    snapshot_fresh: int = 2 * SECOND
    session_lead: int = 15 * MINUTE
    threaded_before: int = 5 * MINUTE
    show_late: int = 2 * MINUTE
    show_over: int = 30 * MINUTE


class Settings(Value, frozen=True, kw_only=True):
    """What the site's configuration says of a hall. `gauge` in mm and `feet` (a reel each) are its programme.

    `gauges` are all that its projector takes; empty: only that of the programme.
    """

    roles: tuple[Role, ...] = (Role.PROJECTION, Role.SOUND)
    platter: bool = False
    dts: bool = True
    fps_milli: int = 24_000
    gauge: int = 35
    feet: tuple[int, ...] = (2000,)
    gauges: tuple[int, ...] = ()
    timings: Timings = Timings()
