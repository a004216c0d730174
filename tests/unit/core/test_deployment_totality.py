# SPDX-License-Identifier: Apache-2.0
"""Every state of a deployment and of a roll-out answers every event, in words; tables and documents agree."""

import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from transitions import MachineError

from statemachines import deployment, rollout
from statemachines import deployment_events as de
from statemachines import rollout_events as re_
from statemachines.deployment_facts import Check, HallSight, Step
from statemachines.deployment_table import DEPLOYMENT_TABLE
from statemachines.deployment_value import Deployment, DeploymentState, Limit
from statemachines.deployment_words import label
from statemachines.events import Event, FilmReady, Stamped, TimerDue, event_from, kind_of
from statemachines.rollout import ROLLOUT_TABLE
from statemachines.rollout_value import Place, Plan, Rollout, RolloutState, Server, Target, Window
from statemachines.table import Draft, Table, edge_named
from statemachines.values import canonical, fingerprint
from statemachines.words import Role, State, Verdict
from tests.support.deployment_story import HALLS, ID, ORDER, S
from tests.support.kept import keeps
from tests.support.model_server import NEW, OLD, RELEASE, ModelServer

TIMERS = ("step", "retry", "heartbeat")
FOUND = ModelServer().found
SIGHTS = tuple(HallSight(hall=hall, state=State.IDLE, film=False, holder=ID) for hall in HALLS)
FREE, TAKEN = (replace(SIGHTS[0], holder=""), replace(SIGHTS[0], film=True))


def reads_well(reason: str) -> bool:
    without_names = re.sub(r"'[^']*'", "x", reason)
    return not re.search(r"_|None|[<>]", without_names) and bool(re.match(r"[a-z].*[^.\s]$", without_names))


def deployments(state: DeploymentState) -> list[Deployment]:
    """A deployment in that state: at each step, at none, held and not, with a server old, new, in between, unread."""
    limits = tuple(Limit(name=name, at_ns=5) for name in TIMERS)
    blank = Deployment(id=ID, state=state, order=ORDER, number=4, limits=limits, previous=OLD)
    founds = (
        FOUND,
        replace(FOUND, loaded="", epochs=(), installed=(OLD, NEW)),
        replace(FOUND, loaded=NEW, staged=(NEW,), installed=(OLD, NEW)),
    )
    return [
        Deployment(id=ID),
        *(replace(blank, doing=doing) for doing in (None, Step.INSPECT)),
        *(replace(blank, doing=step, known=FOUND, sights=SIGHTS, holding=True) for step in Step),
        *(replace(blank, known=found, sights=sights) for found in founds for sights in (SIGHTS, (FREE,), (TAKEN,))),
        replace(blank, paused=True, attempts=11, load_boot="run0", known=founds[2]),
        replace(blank, attempts=11, doing=Step.PROBE, known=founds[2], heard=FOUND.epochs[:1]),
    ]


STEP: dict[str, Any] = {"deployment": ID, "number": 4}
EVENTS: list[Event] = [
    de.DeploymentAsked(deployment=ID, order=ORDER),
    *(de.HallSeen(deployment=ID, sight=sight) for sight in (*SIGHTS, FREE, TAKEN)),
    *(de.ServerInspected(**STEP, found=found) for found in (FOUND, replace(FOUND, boot_id="run2", kernel="7"))),
    *(each(**STEP) for each in (de.ReleaseStaged, de.ReleaseInstalled, de.ModuleUnloaded)),
    de.ModuleLoaded(**STEP, epochs=(7,)),
    de.ReleaseCommitted(**STEP),
    de.ServerRolledBack(**STEP),
    *(de.CheckAnswered(**STEP, check=check, passed=passed) for check in Check for passed in (True, False)),
    de.HeartbeatHeard(deployment=ID, epoch=FOUND.epochs[-1]),
    de.StepRefused(**STEP, words="there is no space left"),
    de.ConnectionLost(**STEP, words="the link is mute"),
    *(
        each(deployment=ID)
        for each in (de.PauseAsked, de.ResumeAsked, de.AbortAsked, de.ReleaseAsked, de.ControllerRecovered)
    ),
    *(TimerDue(name=f"deploy:{ID}:{name}") for name in TIMERS),
]


@pytest.mark.parametrize("state", DeploymentState)
def test_every_state_of_a_deployment_answers_every_event(state: DeploymentState) -> None:
    for before in deployments(state):
        for event in EVENTS:
            told = deployment.step(before, Stamped(at_ns=10 * S, event=event))
            assert (told.verdict is Verdict.REFUSAL) == bool(told.reason) == (not told.edge)
            assert not told.reason or reads_well(told.reason), (event, told.reason)
            assert (told.verdict is Verdict.TRANSITION) == (told.deployment.state is not before.state)
            assert keeps(told.deployment)
            assert re.fullmatch(r"[A-Z][^_]*\.", label(told.deployment))
    assert {kind_of(event) for event in EVENTS} == set(de.DEPLOYMENT_EVENT_CLASSES)


PLAN = Plan(release=RELEASE, targets=tuple(Target(server=f"s{n}", halls=(f"h{n}",)) for n in range(4)), batch=2)
ROLLOUT_EVENTS: list[Event] = [
    re_.RolloutAsked(rollout="r", plan=PLAN),
    *(re_.DeploymentEnded(rollout="r", server="s1", attempt=1, place=place) for place in Place),
    *(
        each(rollout="r")
        for each in (re_.RolloutPauseAsked, re_.RolloutResumeAsked, re_.RolloutAbortAsked, re_.RolloutRecovered)
    ),
    TimerDue(name="rollout:r:window"),
]


@pytest.mark.parametrize("state", RolloutState)
def test_every_state_of_a_roll_out_answers_every_event(state: RolloutState) -> None:
    windows = (Window(), Window(opens_min=0, closes_min=1), Window(opens_min=600, closes_min=660))
    for window in windows:
        for place in Place:
            servers = tuple(
                Server(target=target, wave=index, place=place, attempt=1) for index, target in enumerate(PLAN.targets)
            )
            plan = replace(PLAN, window=window, failures_allowed=9)
            asked = Rollout(id="r", state=state, plan=plan, servers=servers, change_ns=1)
            for before in (asked, Rollout(id="r")):
                for event in ROLLOUT_EVENTS:
                    told = rollout.step(before, Stamped(at_ns=10 * S, event=event))
                    assert (told.verdict is Verdict.REFUSAL) == bool(told.reason) == (not told.edge)
                    assert not told.reason or reads_well(told.reason), (event, told.reason)
                    assert (told.verdict is Verdict.TRANSITION) == (told.rollout.state is not before.state)
                    assert keeps(told.rollout)
                    assert re.fullmatch(r"[A-Z][^_]*\.", rollout.label(told.rollout))
    assert {kind_of(event) for event in ROLLOUT_EVENTS} == set(re_.ROLLOUT_EVENT_CLASSES)


def test_what_is_no_affair_of_theirs_is_refused() -> None:
    stamped = Stamped(at_ns=1, event=FilmReady(role=Role.PROJECTION, epoch=1, hw_seq=1))
    assert (
        deployment.step(deployments(DeploymentState.PENDING)[1], stamped).reason
        == "film_ready is no affair of a deployment"
    )
    assert rollout.step(Rollout(id="r"), stamped).reason == "film_ready is no affair of a roll-out"


TABLES: list[tuple[Table[Any], Any, Event]] = [
    (DEPLOYMENT_TABLE, deployments, de.PauseAsked(deployment=ID)),
    (ROLLOUT_TABLE, lambda state: [Rollout(id="r", state=state)], re_.RolloutPauseAsked(rollout="r")),
]
by_table = pytest.mark.parametrize(("table", "make", "event"), TABLES, ids=["deployment", "roll-out"])


@by_table
def test_the_machine_and_the_look_up_agree_on_every_pair(table: Table[Any], make: Any, event: Event) -> None:
    for state in table.states:
        for trigger in table.triggers:
            draft = Draft(value=make(state)[-1], stamped=Stamped(at_ns=1, event=event), state=str(state))
            if (state, trigger) in table.by_pair:
                table.machine.events[trigger].trigger(draft)
                assert draft.fired in (*table.by_pair[state, trigger], None)
            else:
                with pytest.raises(MachineError):
                    table.machine.events[trigger].trigger(draft)


@by_table
def test_every_edge_is_named_and_no_trigger_is_nobodys(table: Table[Any], make: Any, event: Event) -> None:
    del make, event
    kinds = {*de.DEPLOYMENT_EVENT_CLASSES, *re_.ROLLOUT_EVENT_CLASSES, *(f"{name}_due" for name in (*TIMERS, "window"))}
    assert set(table.triggers) <= kinds
    for edge in table.edges:
        assert edge_named(edge.name) == (edge.source, edge.dest or edge.source, edge.trigger)


@pytest.mark.parametrize("event", [*EVENTS, *ROLLOUT_EVENTS], ids=kind_of)
def test_what_happened_survives_the_log(event: Event) -> None:

    payload = msgspec.json.decode(canonical(event))
    known = {**de.DEPLOYMENT_EVENT_CLASSES, **re_.ROLLOUT_EVENT_CLASSES}
    assert event_from(payload.pop("kind"), payload, known) == event


def test_a_deployment_is_one_hashable_thing() -> None:
    first, second = deployments(DeploymentState.PROBING)[3], deployments(DeploymentState.PROBING)[3]
    assert (hash(first), fingerprint(first)) == (hash(second), fingerprint(second))
