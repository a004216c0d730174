# SPDX-License-Identifier: Apache-2.0
"""Releases and roll-outs in the shared tables, and how far they are, from the log. On either database."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapters.store.errors import DeploymentRefused, DeploymentUnknown, RequestRefused
from statemachines.deployment_value import DeploymentState
from statemachines.folding import beginning
from statemachines.replay import Fold
from statemachines.rollout_value import Place, RolloutState, Window
from tests.support.deploying_site import describe_servers, plan, put_release
from tests.support.lived_rollout import LivedRollout
from tests.support.model_server import RELEASE
from tests.support.sites import open_site

NOW = 1_700_000_000_000_000_000


@pytest.fixture
def state(tmp_path: Path) -> Path:
    open_site(tmp_path / "state")
    describe_servers()
    put_release()
    return tmp_path / "state"


# Releases.


def test_a_release_is_found_by_its_id_its_sum_and_the_beginning_of_that(state: Path) -> None:
    from adapters.store.releases import release_named, release_value, releases

    assert [each.name for each in releases()] == ["reelctl-2"]
    for name in ("reelctl-2", RELEASE.sha256, RELEASE.sha256[:6].upper()):
        assert release_value(release_named(name=name)) == RELEASE
    for name in ("reelctl-3", "aaa", "b" * 64):
        with pytest.raises(DeploymentUnknown, match="there is no release"):
            release_named(name=name)


def test_the_same_release_again_changes_nothing_and_another_of_its_id_is_refused(state: Path) -> None:
    from adapters.store.models import ReleaseEntry
    from adapters.store.releases import withdraw_release

    put_release(notes="told again")
    assert [each.notes for each in ReleaseEntry.objects.all()] == ["Quieter motor."]
    other = replace(RELEASE, sha256="b" * 64)
    with pytest.raises(DeploymentRefused, match=r"another release reelctl-2 \(aaaaaaaaaaaa\): withdraw it first"):
        put_release(other)
    withdrawn = withdraw_release(sha256=RELEASE.sha256, now_ns=NOW)
    assert withdraw_release(sha256=RELEASE.sha256, now_ns=NOW + 1).withdrawn_ns == withdrawn.withdrawn_ns == NOW
    put_release(other)
    with pytest.raises(DeploymentRefused, match="reelctl-2 was withdrawn"):
        put_release()


# Plans.


def test_a_plan_is_what_the_runtime_reads(state: Path) -> None:
    from adapters.store.releases import release_of
    from adapters.store.rollouts import RolloutPlan, plan_rollout, rollout_plan, rollouts

    made = plan_rollout(
        release=release_of(sha256=RELEASE.sha256),
        servers=["booth3", "booth1"],
        canaries=0,
        batch=1,
        failures_allowed=2,
        window=Window(opens_min=60, closes_min=360, offset_s=3600),
        by="anna",
        now_ns=NOW,
    )
    told = RolloutPlan(RELEASE, ("booth3", "booth1"), 0, 1, 2, Window(opens_min=60, closes_min=360, offset_s=3600))
    assert rollout_plan(made.id) == told
    assert plan() == "r2"
    assert rollout_plan("r2").servers == ("booth1", "booth2", "booth3")
    assert [each.id for each in rollouts()] == ["r2", "r1"]
    with pytest.raises(DeploymentUnknown, match="there is no roll-out 'r9' here"):
        rollout_plan("r9")


def test_a_plan_that_cannot_be_is_refused_with_all_that_is_wrong(state: Path) -> None:
    from adapters.store.releases import release_of, withdraw_release
    from adapters.store.rollouts import plan_rollout

    withdraw_release(sha256=RELEASE.sha256, now_ns=NOW)
    with pytest.raises(DeploymentRefused) as refused:
        plan_rollout(
            release=release_of(sha256=RELEASE.sha256),
            servers=["booth1", "booth9", "booth1"],
            canaries=-1,
            batch=0,
            window=Window(opens_min=2000),
            by="anna",
            now_ns=NOW,
        )
    assert refused.value.problems == (
        "reelctl-2 was withdrawn: choose another release",
        "it names server booth1 2 times",
        "no hall here is served by a server 'booth9'; those that serve one are booth1, booth2, booth3",
        "canaries are 0 to 1000, not -1",
        "batch are 1 to 1000, not 0",
        "its hours are minutes of a day, 0 to 1439",
    )


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("rollout", ["begin"]),
        ("rollout", ["stop", "r1"]),
        ("rollout", ["begin", "R1"]),
        ("rollout", ["begin", "r1", "r2"]),
        ("deployment", ["begin", "r1.booth1.1"]),
        ("deployment", ["abort", "r1"]),
        ("deployment", ["abort", "r1.booth1"]),
    ],
)
def test_a_request_that_nobody_understands_is_refused(state: Path, verb: str, args: list[str]) -> None:
    from adapters.store.services import ask_operator_request

    with pytest.raises(RequestRefused, match="expected '"):
        ask_operator_request(hall="", verb=verb, args=args, actor="anna", now_ns=NOW)


def test_requests_for_roll_outs_and_deployments_are_stored(state: Path) -> None:
    from adapters.store.services import ask_operator_request

    for verb, args in (("rollout", ["forecast", "r1"]), ("deployment", ["resume", "r1.booth1.12"])):
        made = ask_operator_request(hall="", verb=verb, args=args, actor="anna", now_ns=NOW)
        assert (made.verb, made.args) == (verb, args)


# How far it is.


def lived(state: Path, **ills: frozenset[str]) -> LivedRollout:
    from adapters.store.writer import LogWriter

    log = LogWriter(state)
    log.start()
    try:
        made = LivedRollout(log, {f"booth{n}": [f"h{n}"] for n in (1, 2, 3)})
        for server, ill in ills.items():
            made.servers[server].ills = ill
        made.begin("0a0a0a0a-0000-4000-8000-000000000001")
        made.forecast("0a0a0a0a-0000-4000-8000-000000000002", {"booth3": "it cannot be reached"})
        made.run()
        made.end()
    finally:
        log.close()
    return made


def test_values_rows_and_verdicts_are_read_back(state: Path) -> None:
    from adapters.store.rollouts_now import (
        deployment_now,
        deployment_steps,
        deployments_of,
        forecast_of,
        rollout_now,
        rollout_rows,
        verdict_on,
    )

    made = lived(state)
    rollout = rollout_now("r1")
    assert rollout == made.rollout
    assert rollout is not None
    assert rollout.state is RolloutState.DONE
    assert deployments_of(rollout) == {f"booth{n}": made.deployments[f"r1.booth{n}.1"] for n in (1, 2, 3)}
    standing = deployment_now("r1.booth2.1")
    assert standing is not None
    assert standing.deployment == made.deployments["r1.booth2.1"]
    steps = deployment_steps(standing)
    assert (steps[0].kind, steps[-1].after.split(":")[0]) == ("deployment_asked", "committed")
    assert {row.subject for row in steps} == {"deploy:r1.booth2.1"}
    assert beginning(steps[0].stream, steps[0].subject) is not None
    assert rollout_rows("r1")[-1].kind == "rollout_asked"
    dry = forecast_of("r1")
    assert dry is not None
    assert [(each.server, each.does) for each in dry.servers] == [("booth1", True), ("booth2", True), ("booth3", False)]
    assert "it cannot be reached" in dry.servers[2].words
    verdict = verdict_on(request="0a0a0a0a-0000-4000-8000-000000000001")
    assert verdict is not None
    assert (verdict.verdict, verdict.reason) == ("transition", "")


def test_what_was_written_replays(state: Path) -> None:
    from adapters.store.selectors import records

    lived(state)
    fold = Fold()
    for record in records():
        fold.row(record)
    assert ("rollout:r1", "rollout") in fold.values
    assert ("server:booth3", "deploy:r1.booth3.1") in fold.values


def test_what_is_not_there_is_none(state: Path) -> None:
    from adapters.store.rollouts_now import deployment_now, forecast_of, rollout_now, verdict_on

    assert rollout_now("r1") is None
    assert forecast_of("r1") is None
    assert deployment_now("r1.booth1.1") is None
    assert deployment_now("nonsense") is None
    assert verdict_on(request="0a0a0a0a-0000-4000-8000-000000000001") is None


def test_a_value_of_another_version_is_as_if_it_were_not_there(state: Path) -> None:
    from adapters.store.models import ValueNow
    from adapters.store.rollouts_now import deployment_now, rollout_now

    lived(state)
    ValueNow.objects.update(value='{"id":"r1","of":"another version"}')
    assert rollout_now("r1") is None
    assert deployment_now("r1.booth1.1") is None


def test_a_failing_canary_halts_it_with_the_reason(state: Path) -> None:
    from adapters.store.rollouts_now import deployments_of, rollout_now

    lived(state, booth1=frozenset({"self_test"}))
    rollout = rollout_now("r1")
    assert rollout is not None
    assert rollout.state is RolloutState.HALTED
    assert [each.place for each in rollout.servers] == [Place.ROLLED_BACK, Place.WAITING, Place.WAITING]
    assert "self-test" in rollout.reason
    assert deployments_of(rollout)["booth1"].state is DeploymentState.ROLLED_BACK


def test_a_long_log_of_its_server_does_not_hide_a_deployments_rows(state: Path) -> None:
    from adapters.store.rollouts_now import deployment_now, deployment_steps
    from adapters.store.writer import LogWriter
    from tests.support.store import draft

    lived(state)
    log = LogWriter(state)
    log.start()
    for n in range(300):
        log.append(draft("server:booth1", n))
    log.close()
    standing = deployment_now("r1.booth1.1")
    assert standing is not None
    began = time.perf_counter()
    assert deployment_steps(standing)[0].kind == "deployment_asked"
    assert time.perf_counter() - began < 1


def test_a_value_that_cannot_be_read_is_told_and_left_out(state: Path) -> None:
    from adapters.store.models import ValueNow
    from hall_runtime.deployments.recovery import left_behind

    for subject, value in (("deploy:r1.booth1.1", '{"state": "from another version"}'), ("deploy:r1.booth1.2", "{")):
        ValueNow.objects.create(stream="server:booth1", subject=subject, value=value, log_seq=1, at_ns=7)
    with capture_logs() as said:
        left = left_behind()
    assert (left.deployments, left.rollouts, left.at_ns) == ((), (), 7)
    assert [(each["event"], each["subject"]) for each in said] == [
        ("deployment_not_recovered", "deploy:r1.booth1.1"),
        ("deployment_not_recovered", "deploy:r1.booth1.2"),
    ]
