# SPDX-License-Identifier: Apache-2.0
"""The controller is gone for good: the device alone lets a show run to its tail, and stops what nobody watches."""

import time
from pathlib import Path

from statemachines.alarms import AlarmState, find
from statemachines.words import Motor, State
from tests.faults.checker import assert_sound
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.processes import kill
from tests.faults.stage import FPS
from tests.support.multiplex import Multiplex

LEASE_S = 5.0
PING_S = 1.5
SHOW_S = 16
FEET = SHOW_S * FPS // 16


def gone(site: Multiplex, deeds: Deeds) -> float:
    """kill -9 the runtime and return when (monotonic s)."""
    assert site.runtime is not None
    kill(deeds, "the runtime", site.runtime.pid)
    site.kill()
    return time.monotonic()


def test_a_show_runs_to_its_tail_and_a_rewind_is_stopped(tmp_path: Path, deeds: Deeds) -> None:
    with Multiplex(tmp_path, feet=FEET, fps=FPS) as site:
        site.start()
        site.project("h1")
        went = gone(site, deeds)
        site.until("the lease has ended", lambda: not site.device("h1").lease_fed)
        assert LEASE_S - PING_S - 1 <= time.monotonic() - went <= LEASE_S + 1
        watched = site.device("h1")
        assert (watched.dowser_open, watched.motor, watched.at_speed) == (True, Motor.RUN, True)
        site.until("the show is over", lambda: not site.device("h1").dowser_open, SHOW_S + 5)
        site.until("the motor stands", lambda: site.said("h1")["stopped"] == 1)
        assert site.said("h1")["tail"] == 1
        assert site.said("h1")["break"] == 0

        site.start()
        site.until_state("h1", State.REWINDING)
        alone = find(site.hall("h1").alarms, "lease_ended")
        assert alone is not None, "people are told that the show went on by itself"
        assert alone.state is AlarmState.RETURNED
        site.until("the film is rewound", lambda: site.device("h1").motor is Motor.REWIND)
        went = gone(site, deeds)
        site.until("the motor is stopped", lambda: site.device("h1").motor is Motor.STOP)
        assert LEASE_S - PING_S - 1 <= time.monotonic() - went <= LEASE_S + 1
        assert site.device("h1").frame > 0, "the rewind was stopped on its way"

        site.start()
        site.until_state("h1", State.THREADING)
        assert site.said("h1")["rewound"] == 1
        assert_sound(site, "h1")
        assert site.end() == 0
