# SPDX-License-Identifier: Apache-2.0
"""Everything at once, in an order that Hypothesis chooses: after each fault the books agree, and the next one comes."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st

from statemachines.words import Role
from tests.faults.campaign import Campaign
from tests.faults.checker import assert_sound
from tests.faults.nemesis import clocks
from tests.faults.nemesis.clocks import FakeClock
from tests.faults.nemesis.deeds import Deeds
from tests.faults.stage import over_proxies
from tests.faults.trial import BACK_S, FAULTS, STALL_S, Trial, begun, is_calm, mended

STEPS = 6


@dataclass(frozen=True)
class Schedule:
    """Faults in their order. `dice` decides each one's details: which way, which button, for how long."""

    faults: tuple[str, ...]
    dice: int


KEPT = (Schedule(("storm", "lose_the_authority", "step_the_clock", "lock_the_site", "crash", "storm"), 1),)
"""Tried in every run, before what chance brings. One that failed is put here, as it was printed."""

schedules = st.builds(
    Schedule,
    st.lists(st.sampled_from(sorted(FAULTS)), min_size=STEPS, max_size=STEPS).map(tuple),
    st.integers(0, 2**32 - 1),
)


@contextmanager
def told(schedule: Schedule, seed: int) -> Iterator[None]:
    """A failure names its schedule, ready to be kept."""
    try:
        yield
    except AssertionError as wrong:
        raise AssertionError(f"SEED={seed}, to be kept: {schedule}\n{wrong}") from wrong


class Stage:
    """Where schedules are tried, each on a site of its own; the counts are of all of them."""

    def __init__(self, place: Path, deeds: Deeds) -> None:
        self._place, self._deeds = place, deeds
        self.faults: Counter[str] = Counter()
        self.tried = self.commands = 0

    def try_out(self, schedule: Schedule) -> None:
        self.tried += 1
        directory = self._place / str(self.tried)
        directory.mkdir()
        clock = FakeClock(self._deeds, directory / "clock")
        with ExitStack() as opened:
            site, ways = opened.enter_context(over_proxies(directory, self._deeds, rotate_s=(2.0, 4.0)))
            opened.enter_context(clock.worn())
            site.start(BACK_S)
            site.thread("h1")
            begun(site)
            trial = Trial(site, ways, clock, self._deeds, random.Random(schedule.dice))
            for name in schedule.faults:
                FAULTS[name](trial)
                self.faults[name] += 1
                site.until("all is calm", lambda: is_calm(site), BACK_S)
                assert_sound(site, "h1", alarms={"motor_stopped"}, stood_still_s=STALL_S)
                mended(site)
                begun(site)
            assert_sound(site, "h1", stood_still_s=STALL_S)
            self.commands += sum(len(site.commands("h1", role)) for role in Role)
            assert site.end() == 0


def by_chance(campaign: Campaign, trial: Callable[[Schedule], None]) -> Callable[[], None]:
    """Return a function that tries the kept schedules, and so many more of Hypothesis. Each takes a minute: none is
    tried again to make it smaller.
    """

    def tried(schedule: Schedule) -> None:
        with told(schedule, campaign.seed):
            trial(schedule)

    run = given(schedule=schedules)(tried)
    for kept in KEPT:
        run = example(schedule=kept)(run)
    bounded = settings(
        max_examples=campaign.of(20),
        phases=[Phase.explicit, Phase.generate],
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=[*HealthCheck],
    )
    made: Callable[[], None] = seed(campaign.seed)(bounded(run))
    return made


@pytest.mark.real_sshd
@pytest.mark.skipif(not clocks.library(), reason="no libfaketime: apt-get install faketime")
@pytest.mark.timeout(7200)
def test_faults_in_any_order(tmp_path: Path, deeds: Deeds, campaign: Campaign) -> None:
    stage = Stage(tmp_path, deeds)
    by_chance(campaign, stage.try_out)()
    row = {name.replace("_", " "): stage.faults[name] for name in FAULTS}
    of_them = f"{stage.tried} schedules, {len(KEPT)} of them kept; seed {campaign.seed}"
    note = f"{of_them}; keys rotate every 2 to 4 s, real sshd."
    campaign.record("Faults in any order", [{**row, "commands": stage.commands, "breaches": 0}], note)
