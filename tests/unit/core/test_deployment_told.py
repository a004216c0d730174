# SPDX-License-Identifier: Apache-2.0
"""A deployment as people read it: each kind of row in a line, kernel logs, what can be asked, how far it is."""

import pytest

from statemachines import deployment_events as de
from statemachines import rollout
from statemachines.deployment import step
from statemachines.deployment_effects import Load, Stage
from statemachines.deployment_events import DEPLOYMENT_EVENT_CLASSES
from statemachines.deployment_facts import Check, Findings, HallSight, Step
from statemachines.deployment_told import KernelLog, asked_next, kernel_logs, row_words
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.effects import ArmTimer, Effect
from statemachines.events import Event, Stamped, TimerDue
from statemachines.history import row_of
from statemachines.record import Record
from statemachines.rollout_events import RolloutAbortAsked, RolloutAsked, RolloutPauseAsked
from statemachines.rollout_outlook import Choice, deployment_choices, progress, rollout_choices
from statemachines.rollout_value import Plan, Rollout, Target
from statemachines.words import State, Verdict
from tests.support.deployment_story import ID, ORDER, Story
from tests.support.model_server import NEW, OLD, RELEASE

FOUND = Findings(boot_id="run1", kernel="6.1.0", vermagic="6.1.0 SMP", loaded=OLD, boots="")
TOLD: list[tuple[Event, str]] = [
    (de.DeploymentAsked(deployment=ID, order=ORDER), "asked for: reelctl-2 onto server s1"),
    (
        de.HallSeen(deployment=ID, sight=HallSight(hall="h1", state=State.IDLE, film=True, holder="d9")),
        "hall h1 is idle with film in its path, held for d9",
    ),
    (
        de.HallSeen(deployment=ID, sight=HallSight(hall="h2", state=State.PROJECTING, film=False)),
        "hall h2 is projecting",
    ),
    (
        de.ServerInspected(deployment=ID, number=1, found=FOUND, artefact=("it is not signed",)),
        "the server runs 000000000000 and starts with no module, kernel 6.1.0; the release: it is not signed",
    ),
    (de.ReleaseStaged(deployment=ID, number=1), "the release lies on the server, verified there"),
    (
        de.ReleaseInstalled(deployment=ID, number=1),
        "the module can be loaded from its own place, and the previous one is kept",
    ),
    (de.ModuleUnloaded(deployment=ID, number=1), "the module that ran is unloaded"),
    (de.ModuleLoaded(deployment=ID, number=1, epochs=(1,)), "the new module is loaded, with 1 device"),
    (de.ModuleLoaded(deployment=ID, number=1, epochs=(1, 2)), "the new module is loaded, with 2 devices"),
    (de.ReleaseCommitted(deployment=ID, number=1), "the server starts with the new module from now on"),
    (de.ServerRolledBack(deployment=ID, number=1), "the server says that it runs the previous module"),
    (de.CheckAnswered(deployment=ID, number=1, check=Check.ABI, abi=2), "the ABI version is 2"),
    (de.CheckAnswered(deployment=ID, number=1, check=Check.DRILL), "the interlock drill passed"),
    (
        de.CheckAnswered(deployment=ID, number=1, check=Check.SELF_TEST, passed=False, words="tacho"),
        "the self-test failed: tacho",
    ),
    (
        de.CheckAnswered(deployment=ID, number=1, check=Check.SELF_TEST, passed=False),
        "the self-test failed: it does not say why",
    ),
    (de.HeartbeatHeard(deployment=ID, epoch=11), "a device was heard (epoch 11)"),
    (de.StepRefused(deployment=ID, number=1, words="no space"), "the server refused: no space"),
    (de.ConnectionLost(deployment=ID, number=1, words="mute"), "the server was lost: mute"),
    (de.PauseAsked(deployment=ID, actor="anna"), "pause was asked for by anna"),
    (de.ResumeAsked(deployment=ID), "resume was asked for"),
    (de.AbortAsked(deployment=ID, actor="anna"), "abort was asked for by anna"),
    (de.ReleaseAsked(deployment=ID, actor="anna"), "release of its halls was asked for by anna"),
    (de.ControllerRecovered(deployment=ID), "the controller started again"),
    (TimerDue(name=f"deploy:{ID}:step"), "a step was not answered in time"),
    (TimerDue(name=f"deploy:{ID}:retry"), "it is tried again"),
    (TimerDue(name=f"deploy:{ID}:heartbeat"), "the time for a heartbeat is over"),
    (TimerDue(name=f"deploy:{ID}:other"), "the timer other is due"),
]


def row(
    event: Event, *, verdict: Verdict = Verdict.INTERNAL, reason: str = "", n: int = 1, effects: tuple[Effect, ...] = ()
) -> Record:
    made = row_of(
        stream="server:s1",
        subject=f"deploy:{ID}",
        stamped=Stamped(at_ns=n, event=event),
        before="probing:0",
        after="rolling_back:0",
        effects=effects,
        edge="",
        verdict=verdict,
        reason=reason,
        version="",
    )
    return Record(**{name: getattr(made, name) for name in made.__struct_fields__} | {"log_seq": n})


@pytest.mark.parametrize(("event", "words"), TOLD, ids=[words for _event, words in TOLD])
def test_each_row_is_a_line(event: Event, words: str) -> None:
    assert row_words(row(event)) == words
    assert row_words(row(event, verdict=Verdict.TRANSITION)) == f"{words} (probing → rolling back)"
    assert row_words(row(event, verdict=Verdict.REFUSAL, reason="it is over")) == f"{words}: refused, for it is over"


def test_every_kind_is_told() -> None:
    assert {event.__struct_config__.tag for event, _words in TOLD} == set(DEPLOYMENT_EVENT_CLASSES)


def test_a_kind_that_is_not_known_is_told_by_its_name() -> None:
    unknown = Record(stream="s", log_seq=1, subject="deploy:d1", at_ns=1, kind="log_gap")
    assert row_words(unknown) == "log gap"


def test_the_steps_that_a_row_asked_for() -> None:
    effects = (
        ArmTimer(name="x", at_ns=1),
        Stage(deployment=ID, server="s1", number=1, release=RELEASE),
        Load(deployment=ID, server="s1", number=2, release=RELEASE),
    )
    assert asked_next(row(TOLD[0][0], effects=effects)) == (Step.STAGE, Step.LOAD)


def test_kernel_logs_are_the_first_and_the_newest() -> None:
    def inspected(n: int, text: str) -> Record:
        return row(de.ServerInspected(deployment=ID, number=n, found=FOUND, kernel_log=text), n=n)

    def texts(*rows: Record) -> list[str]:
        return [each.text for each in kernel_logs(rows)]

    refused = row(de.StepRefused(deployment=ID, number=3, words="no space", kernel_log="full"), n=3)
    assert texts(row(TOLD[0][0]), inspected(1, "")) == []
    assert texts(inspected(1, "one")) == ["one"]
    assert texts(inspected(1, "one"), inspected(2, "two"), refused) == ["one", "full"]
    assert kernel_logs([refused]) == (KernelLog(log_seq=3, at_ns=3, words="the server refused: no space", text="full"),)


# What can be asked.


@pytest.mark.parametrize("state", DeploymentState)
def test_what_can_be_asked_of_a_deployment_is_what_its_machine_takes(state: DeploymentState) -> None:
    story = Story()
    if state is DeploymentState.FAILED:
        story.server.ills, story.server.refuses = frozenset({"self_test"}), {"rollback": "in use"}
    elif state in (DeploymentState.ROLLING_BACK, DeploymentState.ROLLED_BACK):
        story.server.ills = frozenset({"self_test"})
    value = story.to(state).deployment
    assert value.state is state
    kinds = {"pause": de.PauseAsked, "resume": de.ResumeAsked, "abort": de.AbortAsked, "release": de.ReleaseAsked}
    choices = deployment_choices(value, story.now)
    assert [each.verb for each in choices] == list(kinds)
    for choice in choices:
        made = step(value, Stamped(at_ns=story.now, event=kinds[choice.verb](deployment=ID)))
        assert (choice.can, choice.reason) == (made.verdict is not Verdict.REFUSAL, made.reason)
        assert choice.can == (not choice.reason)


def begun() -> Rollout:
    targets = (Target(server="s1", halls=("h1",)), Target(server="s2", halls=("h2",)))
    asked = RolloutAsked(rollout="r1", plan=Plan(release=RELEASE, targets=targets))
    return rollout.step(Rollout(id="r1"), Stamped(at_ns=5, event=asked)).rollout


def test_what_can_be_asked_of_a_roll_out() -> None:
    never = "this roll-out was never asked for"
    assert rollout_choices(None, 9) == (
        Choice(verb="begin", can=True),
        *(Choice(verb=verb, can=False, reason=never) for verb in ("pause", "resume", "abort")),
    )
    running = begun()
    assert [(each.verb, each.can) for each in rollout_choices(running, 0)] == [
        ("begin", False),
        ("pause", True),
        ("resume", False),
        ("abort", True),
    ]
    assert rollout_choices(running, 9)[0].reason == "it was begun before"
    paused = rollout.step(running, Stamped(at_ns=9, event=RolloutPauseAsked(rollout="r1"))).rollout
    assert [each.can for each in rollout_choices(paused, 9)] == [False, False, True, True]
    aborting = rollout.step(running, Stamped(at_ns=9, event=RolloutAbortAsked(rollout="r1"))).rollout
    assert [each.can for each in rollout_choices(aborting, 9)] == [False] * 4


# How far it is.


def test_progress_grows_to_the_release_and_is_less_when_it_goes_back() -> None:
    story = Story()
    seen = [progress(story.deployment)]
    story.ask()
    while story.work():
        seen.append(progress(story.deployment))
    assert story.deployment.state is DeploymentState.COMMITTED
    assert story.server.loaded == NEW
    assert sorted(set(seen)) == list(dict.fromkeys(seen)) == [0, 10, 20, 40, 50, 65, 75, 90, 100]


@pytest.mark.parametrize(
    ("state", "doing", "percent"),
    [
        (DeploymentState.ROLLING_BACK, Step.ROLLBACK, 50),
        (DeploymentState.ROLLING_BACK, Step.PROBE, 50),
        (DeploymentState.ROLLED_BACK, None, 0),
        (DeploymentState.FAILED, None, 50),
        (DeploymentState.PROBING, Step.INSPECT, 75),
    ],
)
def test_progress_where_it_is_not_straight_on(state: DeploymentState, doing: Step | None, percent: int) -> None:
    assert progress(Deployment(id=ID, state=state, doing=doing)) == percent
