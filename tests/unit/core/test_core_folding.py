# SPDX-License-Identifier: Apache-2.0
"""Rows of deployments and roll-outs come out of the fold as they were logged, also behind a hole."""

import pytest
from msgspec.structs import replace

from statemachines import deployment_events as de
from statemachines import rollout_events as re
from statemachines.deployment_facts import HallSight
from statemachines.deployment_value import Deployment
from statemachines.events import Event, Stamped
from statemachines.folding import Machine, beginning, stepped
from statemachines.history import mark_of, row_of
from statemachines.record import CHAIN_START, Record, sealed
from statemachines.replay import LOG_GAP, Divergence, Fold
from statemachines.rollout_value import Plan, Rollout, Target
from statemachines.words import State
from tests.support.deployment_story import HALLS, ID, ORDER

STREAM, SUBJECT = "server:s1", f"deploy:{ID}"


class Log:
    """One stream, written as the runtime writes it."""

    def __init__(self, stream: str, subject: str) -> None:
        self.stream, self.subject = stream, subject
        self.rows: list[Record] = []
        found = beginning(stream, subject)
        assert found is not None
        self.value: Machine = found

    def tell(self, event: Event) -> None:
        stamped = Stamped(at_ns=1000 + len(self.rows), event=event)
        before = mark_of(self.value)
        made = stepped(self.value, stamped)
        self.value = made.value
        self.add(
            row_of(
                stream=self.stream,
                subject=self.subject,
                stamped=stamped,
                before=before,
                after=mark_of(made.value),
                effects=made.effects,
                edge=made.edge,
                verdict=made.verdict,
                reason=made.reason,
                version="v",
            )
        )

    def add(self, row: Record) -> None:
        prev = self.rows[-1].digest if self.rows else CHAIN_START
        self.rows.append(sealed(replace(row, log_seq=len(self.rows) + 1), prev))


def deployed() -> Log:
    log = Log(STREAM, SUBJECT)
    log.tell(de.DeploymentAsked(deployment=ID, order=ORDER))
    for hall in HALLS:
        log.tell(de.HallSeen(deployment=ID, sight=HallSight(hall=hall, state=State.IDLE, film=False)))
    log.tell(de.AbortAsked(deployment=ID, actor="ada"))
    return log


def test_a_deployment_folds_to_what_it_came_to() -> None:
    log, fold = deployed(), Fold()
    values = [fold.row(row).value for row in log.rows]
    assert values[-1] == log.value
    assert isinstance(log.value, Deployment)
    assert log.value.reason == "it was aborted by ada"


def test_a_roll_out_folds_in_its_own_stream() -> None:
    log, fold = Log("rollout:r1", "rollout"), Fold()
    plan = Plan(release=ORDER.release, targets=(Target(server="s1", halls=HALLS),))
    log.tell(re.RolloutAsked(rollout="r1", plan=plan))
    log.tell(re.RolloutPauseAsked(rollout="r1", actor="ada"))
    assert [fold.row(row).value for row in log.rows][-1] == log.value
    assert isinstance(log.value, Rollout)


def test_a_row_of_a_deployment_that_was_changed_is_named() -> None:
    log, fold = deployed(), Fold()
    for row in log.rows[:-1]:
        fold.row(row)
    forged = sealed(replace(log.rows[-1], edge="pending>committed:abort_asked"), log.rows[-1].prev)
    with pytest.raises(Divergence, match="edge differs"):
        fold.row(forged)


def test_behind_a_hole_the_next_deployment_is_whole_and_the_cut_one_is_not_guessed() -> None:
    log, fold = deployed(), Fold()
    gap = replace(log.rows[0], subject="hall", kind=LOG_GAP, payload={}, before="", after="", effects=(), edge="")
    first, *_ = log.rows
    later = Log(STREAM, "deploy:d2")
    later.rows = [first]
    later.add(gap)
    late_row = replace(log.rows[1], prev="", digest="")
    later.add(late_row)
    later.tell(de.DeploymentAsked(deployment="d2", order=ORDER))
    values = [fold.row(row).value for row in later.rows]
    assert values[1:3] == [None, None]
    assert values[3] == later.value
