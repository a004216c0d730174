# SPDX-License-Identifier: Apache-2.0
"""Each guard of a deployment alone: when it lets pass, and in which words it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

from statemachines import deployment_guards as g
from statemachines.deployment_facts import Check, Findings, HallSight, Limits, Order, Step
from statemachines.deployment_value import CheckResult, Deployment, DeploymentDraft, Limit
from statemachines.events import Event, HeartbeatHeard, Stamped, TimerDue
from statemachines.table import Draft
from statemachines.words import Role, State
from tests.support.model_server import NEW, OLD, RELEASE

ID = "d1"
REST = HallSight(hall="h1", state=State.IDLE, film=False, holder=ID)
DUE: Event = TimerDue(name=f"deploy:{ID}:step")
OTHER: Event = HeartbeatHeard(role=Role.SOUND, epoch=7, hw_seq=1, frame=0)
Guard = Callable[[DeploymentDraft], str]


def found(**fields: Any) -> Findings:
    return Findings(boot_id="run-2", kernel="6.1", vermagic="6.1", **fields)


def sight(**fields: Any) -> tuple[HallSight, ...]:
    return (HallSight(**{"hall": "h1", "state": State.IDLE, "film": False, "holder": ID, **fields}),)


def asked(guard: Guard, event: Event = OTHER, **fields: Any) -> str:
    order = Order(server="s1", halls=("h1",), release=RELEASE, limits=Limits(tries=3))
    value = Deployment(id=ID, **{"order": order, "previous": OLD, **fields})
    draft: DeploymentDraft = Draft(value, Stamped(at_ns=1, event=event))
    return guard(draft)


PASSES: list[tuple[Guard, dict[str, Any]]] = [
    (g.not_paused, {}),
    (g.is_paused, {"paused": True}),
    (g.halls_kept, {"holding": True, "sights": (REST,)}),
    (g.hall_taken, {"sights": sight(film=True)}),
    (g.hall_taken, {"sights": sight(state=State.REWINDING)}),
    (g.hall_taken, {"sights": sight(holder="d0")}),
    (g.waits_for_halls, {}),
    (g.there_already, {"known": found(loaded=NEW, boots=NEW)}),
    (g.staged_there, {"known": found(staged=(NEW,))}),
    (g.installed_there, {"known": found(installed=(NEW, OLD))}),
    (g.installed_there, {"known": found(installed=(NEW, OLD, "an older one"))}),
    (g.installed_there, {"known": found(installed=(NEW,)), "previous": ""}),
    (g.new_runs, {"known": found(loaded=NEW)}),
    (g.new_not_running, {"known": found(loaded=OLD)}),
    (g.new_not_running, {}),
    (g.new_boots, {"known": found(boots=NEW)}),
    (g.restarted, {"known": found(boots=OLD), "load_boot": "run-1"}),
    (
        g.proven,
        {
            "known": found(epochs=(1, 2)),
            "heard": (2, 1),
            "results": tuple(CheckResult(check=check, passed=True) for check in Check),
        },
    ),
    (g.check_failed, {"results": (CheckResult(check=Check.ABI, passed=False),)}),
    (g.is_unheard, {"known": found(epochs=(1, 2)), "heard": (1,)}),
    (g.is_unheard, {"known": found(), "heard": ()}),
    (g.is_heard, {"known": found(epochs=(1, 2)), "heard": (1, 2)}),
    (g.old_runs, {"known": found(loaded=OLD, boots=OLD)}),
    (g.nothing_before, {"previous": ""}),
    (g.tried_enough, {"attempts": 2}),
]


@pytest.mark.parametrize(
    ("guard", "fields"), PASSES, ids=[f"{guard.__name__}-{n}" for n, (guard, _) in enumerate(PASSES)]
)
def test_it_lets_pass(guard: Guard, fields: dict[str, Any]) -> None:
    assert asked(guard, **fields) == ""


REFUSES: list[tuple[Guard, str, dict[str, Any]]] = [
    (g.not_paused, "it is paused already", {"paused": True}),
    (g.is_paused, "it is not paused", {}),
    (g.halls_kept, "a hall is not idle, has film, or is not held", {"sights": (REST,)}),
    (g.halls_kept, "a hall is not idle, has film, or is not held", {"holding": True, "sights": sight(holder="")}),
    (g.hall_taken, "every hall is at rest", {"sights": (REST,)}),
    (g.hall_taken, "every hall is at rest", {"sights": sight(holder="")}),
    (g.waits_for_halls, "it does not wait for its halls", {"doing": Step.LOAD}),
    (g.waits_for_halls, "it does not wait for its halls", {"limits": (Limit(name="retry", at_ns=5),)}),
    (g.unfit_found, "the release fits the server", {}),
    (g.there_already, "the server has another module", {"known": found(loaded=NEW, boots=OLD)}),
    (g.there_already, "the server has another module", {"known": found(loaded=OLD, boots=NEW)}),
    (g.staged_there, "the release is not on the server yet", {"known": found(staged=(OLD,))}),
    (g.staged_there, "the release is not on the server yet", {}),
    (g.installed_there, "the release is not installed yet", {"known": found(installed=(NEW,))}),
    (g.installed_there, "the release is not installed yet", {"known": found(installed=(OLD,))}),
    (g.installed_there, "the release is not installed yet", {}),
    (g.new_runs, "the new module does not run", {"known": found(loaded=OLD)}),
    (g.new_not_running, "the new module runs", {"known": found(loaded=NEW)}),
    (g.new_boots, "the server does not start with the new module yet", {"known": found(boots=OLD)}),
    (g.restarted, "the server runs on since the new module was loaded", {"known": found(), "load_boot": "run-2"}),
    (g.restarted, "the server runs on since the new module was loaded", {"known": found(), "load_boot": ""}),
    (
        g.restarted,
        "the server runs on since the new module was loaded",
        {"known": found(boots=NEW), "load_boot": "run-1"},
    ),
    (g.proven, "not every check is answered yet", {"known": found(epochs=(1,)), "heard": (1,)}),
    (g.check_failed, "no check has failed", {"results": (CheckResult(check=Check.ABI, passed=True),)}),
    (g.is_unheard, "every device was heard", {"known": found(epochs=(1,)), "heard": (1,)}),
    (g.is_heard, "not every device was heard yet", {"known": found(epochs=(1, 2)), "heard": (2,)}),
    (g.old_runs, "the previous module does not run", {"known": found(loaded=OLD, boots=NEW)}),
    (g.nothing_before, "there is a module to be heard", {}),
    (g.tried_enough, "it is tried again", {"attempts": 1}),
]


@pytest.mark.parametrize(
    ("guard", "words", "fields"), REFUSES, ids=[f"{guard.__name__}-{n}" for n, (guard, *_) in enumerate(REFUSES)]
)
def test_it_refuses_in_words(guard: Guard, words: str, fields: dict[str, Any]) -> None:
    assert asked(guard, **fields) == words


@pytest.mark.parametrize(
    ("event", "doing", "words"),
    [
        (DUE, Step.PROBE, ""),
        (DUE, Step.LOAD, "no probe is on its way"),
        (OTHER, Step.PROBE, "no probe is on its way"),
    ],
)
def test_a_probe_is_overdue_when_its_timer_says_so(event: Event, doing: Step, words: str) -> None:
    assert asked(g.probe_overdue, event, doing=doing) == words
