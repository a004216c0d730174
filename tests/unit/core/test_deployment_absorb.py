# SPDX-License-Identifier: Apache-2.0
"""What a deployment notes of each event before any edge fires, and what it does not even take into account."""

from typing import Any

import pytest
from msgspec.structs import replace

from statemachines import deployment_events as de
from statemachines.deployment_absorb import absorbed, ignored
from statemachines.deployment_facts import Check, Findings, HallSight, Step
from statemachines.deployment_value import CheckResult, Deployment, Limit
from statemachines.events import Event, Stamped, TimerDue
from statemachines.words import State
from tests.support.deployment_story import ID, ORDER
from tests.support.model_server import NEW, OLD, RELEASE

FOUND = Findings(boot_id="run-1", kernel="6.1", vermagic="6.1", loaded=OLD, boots=OLD, epochs=(1, 2))
STEP, RETRY = Limit(name="step", at_ns=5_000_000_000), Limit(name="retry", at_ns=9_000_000_000)
PROVED = (CheckResult(check=Check.ABI, passed=True),)
BUSY = Deployment(
    id=ID,
    order=ORDER,
    doing=Step.LOAD,
    number=3,
    known=FOUND,
    results=PROVED,
    heard=(1,),
    trouble="no route",
    limits=(STEP, RETRY),
    sights=(HallSight(hall="h1", state=State.IDLE, film=False),),
)


def told(event: Event, value: Deployment = BUSY) -> Deployment:
    found = absorbed(value, event, 7)
    assert found.at_ns == 7
    return found


def of_step(kind: type[Any], **fields: Any) -> Any:
    return kind(deployment=ID, number=3, **fields)


def why_ignored(event: Event, value: Deployment = BUSY, at_ns: int = 5_000_000_000) -> str:
    return ignored(value, Stamped(at_ns=at_ns, event=event))


def test_a_timer_that_was_due_is_armed_no_more_and_only_that_of_a_step_is_a_trouble() -> None:
    after = told(TimerDue(name=f"deploy:{ID}:step"))
    assert (after.limits, after.trouble) == ((RETRY,), "no answer to load in time")
    after = told(TimerDue(name=f"deploy:{ID}:retry"))
    assert (after.limits, after.trouble) == ((STEP,), "no route")


@pytest.mark.parametrize(
    ("event", "trouble"),
    [
        (of_step(de.StepRefused, words="film is in the path"), "film is in the path"),
        (of_step(de.ConnectionLost, words="no route to host"), "no route to host"),
    ],
)
def test_a_step_that_was_lost_is_on_its_way_no_more(event: Event, trouble: str) -> None:
    after = told(event)
    assert (after.doing, after.trouble) == (None, trouble)


def test_a_controller_that_starts_again_has_seen_no_hall_and_waits_for_nothing() -> None:
    after = told(de.ControllerRecovered(deployment=ID))
    assert (after.doing, after.sights, after.limits) == (None, (), ())
    assert after.known == FOUND


@pytest.mark.parametrize(
    ("fields", "kept"),
    [({}, True), ({"boot_id": "run-2"}, False), ({"epochs": (1, 3)}, False), ({"free": 5}, True)],
    ids=["all as it was", "another run", "other devices", "only its disk"],
)
def test_an_inspection_keeps_what_was_proved_of_the_same_run_and_devices(fields: dict[str, Any], kept: bool) -> None:
    found = replace(FOUND, **fields)
    after = told(of_step(de.ServerInspected, found=found))
    assert after.known == found
    assert (after.results, after.heard) == ((PROVED, (1,)) if kept else ((), ()))


def test_a_first_inspection_has_nothing_to_keep() -> None:
    after = told(of_step(de.ServerInspected, found=FOUND), replace(BUSY, known=None))
    assert (after.known, after.results, after.heard) == (FOUND, (), ())


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (of_step(de.ReleaseStaged), {"staged": (NEW,)}),
        (of_step(de.ReleaseInstalled), {"installed": (NEW,)}),
        (of_step(de.ModuleUnloaded), {"loaded": "", "epochs": ()}),
        (of_step(de.ModuleLoaded, epochs=(8, 9)), {"loaded": NEW, "epochs": (8, 9)}),
        (of_step(de.ReleaseCommitted), {"boots": NEW}),
    ],
)
def test_a_step_that_was_done_says_what_the_server_has(event: Event, fields: dict[str, Any]) -> None:
    after = told(event)
    assert after.known == replace(FOUND, **fields)
    assert after.doing is None
    proved = isinstance(event, de.ModuleLoaded)
    assert (after.results, after.heard) == (((), ()) if proved else (PROVED, (1,)))
    assert told(event, replace(BUSY, known=None)).known is None


@pytest.mark.parametrize("abi", [RELEASE.abi_min - 1, RELEASE.abi_min, RELEASE.abi_max, RELEASE.abi_max + 1])
def test_an_abi_must_be_one_of_the_releases(abi: int) -> None:
    after = told(of_step(de.CheckAnswered, check=Check.ABI, passed=True, abi=abi), replace(BUSY, doing=Step.PROBE))
    (result,) = after.results
    assert result.passed is (RELEASE.abi_min <= abi <= RELEASE.abi_max)
    assert bool(result.words) is not result.passed


def test_a_timer_may_come_a_little_early_and_another_subjects_never() -> None:
    due = TimerDue(name=f"deploy:{ID}:step")
    assert why_ignored(due, at_ns=STEP.at_ns - 100_000_000) == ""
    early = why_ignored(due, at_ns=STEP.at_ns - 100_000_001)
    assert early == f"the timer 'deploy:{ID}:step' was armed again since"
    other = why_ignored(TimerDue(name="deploy:d9:step"))
    assert other == "the timer 'deploy:d9:step' is not armed any more"
