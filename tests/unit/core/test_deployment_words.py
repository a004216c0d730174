# SPDX-License-Identifier: Apache-2.0
"""The sentences about a deployment, each at the moment that it is for."""

from typing import Any

import pytest

from statemachines import deployment_events as de
from statemachines.deployment_facts import Check, Findings, HallSight, Limits, Step
from statemachines.deployment_value import CheckResult, Deployment, DeploymentDraft, DeploymentState
from statemachines.deployment_words import not_here, stands, waiting, why
from statemachines.events import Event, Stamped, TimerDue
from statemachines.table import Draft
from statemachines.words import State
from tests.support.deployment_story import ID, ORDER
from tests.support.model_server import NEW

DEVICES = Findings(boot_id="run-2", kernel="6.1", vermagic="6.1", loaded=NEW, boots=NEW, epochs=(1, 2, 3))
GONE = Findings(boot_id="run-2", kernel=ORDER.release.kernel, vermagic=ORDER.release.vermagic, free=1 << 40)


def due(name: str) -> Event:
    return TimerDue(name=f"deploy:{ID}:{name}")


def said(event: Event, **fields: Any) -> str:
    draft: DeploymentDraft = Draft(Deployment(id=ID, order=ORDER, **fields), Stamped(at_ns=1, event=event))
    return why(draft)


def result(check: Check, words: str = "", *, passed: bool = False) -> CheckResult:
    return CheckResult(check=check, passed=passed, words=words)


def answered(check: Check) -> Event:
    return de.CheckAnswered(deployment=ID, number=1, check=check, passed=False)


FILM = HallSight(hall="h1", state=State.THREADING, film=True)
BUSY = HallSight(hall="h2", state=State.FAULT, film=False)
PROBE = Limits(probe_ns=30_500_000_000)


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        (de.AbortAsked(deployment=ID, actor="anna"), {}, "it was aborted by anna"),
        (de.AbortAsked(deployment=ID, actor=""), {}, "it was aborted"),
        (de.ReleaseAsked(deployment=ID), {}, "somebody let its halls go while it waited for them"),
        (
            answered(Check.DRILL),
            {"results": (result(Check.ABI, passed=True), result(Check.DRILL, "the dowser stayed open"))},
            "the interlock drill is not as it must be: the dowser stayed open",
        ),
        (answered(Check.ABI), {"results": (result(Check.ABI),)}, "the ABI version is not as it must be: it failed"),
        (answered(Check.ABI), {}, "the ABI version is not as it must be: it failed"),
        (
            due("heartbeat"),
            {"known": DEVICES, "heard": (2,)},
            "no heartbeat was heard from 2 of 3 devices within 5 s",
        ),
        (due("heartbeat"), {}, "the module has no device at all"),
        (
            due("step"),
            {"doing": Step.PROBE, "results": (result(Check.ABI, passed=True),)},
            "unanswered after 30 s: self-test, agent, interlock drill",
        ),
        (
            due("step"),
            {"doing": Step.PROBE, "results": tuple(result(each, passed=True) for each in Check)},
            "unanswered after 30 s: nothing but heartbeats",
        ),
        (due("step"), {"doing": Step.LOAD, "trouble": "no route"}, "server s1 was lost 1 times in a row: no route"),
    ],
)
def test_why_it_gives_up(event: Event, fields: dict[str, Any], words: str) -> None:
    assert said(event, **fields) == words


def test_what_an_inspection_finds_is_told_all_together() -> None:
    found = Findings(boot_id="run-2", kernel="5.10", vermagic="5.10", sig_enforce=True, free=0)
    event = de.ServerInspected(deployment=ID, number=1, found=found)
    words = said(event, known=found)
    assert words.count("; ") == 2
    assert words.startswith("it is built for kernel ")
    fits = de.ServerInspected(deployment=ID, number=1, found=GONE)
    assert said(fits, known=GONE, touched=True) == "the new module is not loaded any more"


def test_a_hall_in_use_without_film_is_waited_for_by_its_state() -> None:
    assert waiting(Deployment(id=ID, order=ORDER, sights=(BUSY,))) == (
        "nothing is known of hall h1 yet, hall h2 is fault"
    )


def test_a_step_on_its_way_is_told_before_the_halls_that_it_will_wait_for() -> None:
    busy = Deployment(id=ID, order=ORDER, state=DeploymentState.INSTALLED, sights=(FILM, BUSY), doing=Step.LOAD)
    assert stands(busy) == "the module is being replaced"


@pytest.mark.parametrize(
    ("state", "trigger", "words"),
    [
        (DeploymentState.COMMITTED, "abort_asked", "it is over: the server runs the new module and starts with it"),
        (DeploymentState.COMMITTED, "step_done", "the server runs the new module and starts with it"),
        (DeploymentState.PREFLIGHT, "resume_asked", "the server is being examined"),
    ],
)
def test_what_comes_at_the_wrong_time_is_answered(state: DeploymentState, trigger: str, words: str) -> None:
    assert not_here(Deployment(id=ID, order=ORDER, state=state), trigger) == words
