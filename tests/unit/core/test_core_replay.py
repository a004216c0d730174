# SPDX-License-Identifier: Apache-2.0
"""The fold of a log: it comes to what happened, and names the first row that does not come out as logged."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from statemachines import events as e
from statemachines import session_events as se
from statemachines.hall import Hall, new_hall
from statemachines.history import mark_of, row_of
from statemachines.machine import Step, step
from statemachines.now import Now, NowUnreadable
from statemachines.record import CHAIN_START, Record, sealed
from statemachines.replay import LOG_GAP, Divergence, Fold, Folded, folded
from statemachines.session import SessionStep
from statemachines.session import step as session_step
from statemachines.session_value import ControlSession
from statemachines.settings import Settings
from statemachines.table import Machined
from statemachines.values import canonical
from statemachines.words import Role, State

P, S = Role.PROJECTION, Role.SOUND


class Log:
    """The rows of one hall and its sessions, as the runtime writes them."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.hall = new_hall("h1", Settings())
        self.session = ControlSession(role=S)

    def add(self, row: Record) -> None:
        seq = len(self.rows) + 1
        self.rows.append(sealed(replace(row, log_seq=seq), self.rows[-1].digest if self.rows else CHAIN_START))

    def hear(self, event: e.Event, source: e.Source = e.Source.RUNTIME) -> None:
        stamped = e.Stamped(at_ns=1000 + len(self.rows), event=event, source=source)
        made = step(self.hall, stamped)
        self.add(_row("hall", stamped, self.hall, made.hall, made))
        self.hall = made.hall

    def tell(self, event: e.Event) -> None:
        stamped = e.Stamped(at_ns=1000 + len(self.rows), event=event)
        made = session_step(self.session, stamped)
        subject = f"session:{S}"
        self.add(_row(subject, stamped, self.session, made.session, made))
        self.session = made.session

    @property
    def now(self) -> Now:
        return Now(hall=self.hall, sessions=(self.session,))


def _row(subject: str, stamped: e.Stamped, before: Machined, after: Machined, made: Step | SessionStep) -> Record:
    return row_of(
        stream="h1",
        subject=subject,
        stamped=stamped,
        before=mark_of(before),
        after=mark_of(after),
        effects=made.effects,
        edge=made.edge,
        verdict=made.verdict,
        reason=made.reason,
        version="v",
    )


def evening() -> Log:
    """A start, both sessions' worth of events, film, READY."""
    log = Log()
    log.hear(e.HallConfigured(settings=Settings(feet=(1800,)), incarnation=1))
    log.tell(se.SessionBegun(role=S))
    log.tell(se.SessionWanted(role=S))
    log.hear(e.SessionUp(role=P, gen=1, last=0))
    log.hear(e.RuntimeRecovered(projection=None, sound=None))
    log.hear(e.FilmInserted(role=P, epoch=7, hw_seq=1, feet=(1800,), gauge=35), e.Source.KERNEL)
    log.hear(e.FilmReady(role=P, epoch=7, hw_seq=2), e.Source.KERNEL)
    log.hear(e.OperatorRequested(verb="start"), e.Source.OPERATOR)
    return log


def resealed(rows: list[Record], at: int, **fields: Any) -> list[Record]:
    """One row changed by somebody who can seal a chain."""
    made = rows[:at]
    for row in (replace(rows[at], **fields), *rows[at + 1 :]):
        made.append(sealed(row, made[-1].digest if made else CHAIN_START))
    return made


def fold_all(rows: list[Record]) -> None:
    fold = Fold()
    for row in rows:
        fold.row(row)


def told(rows: list[Record]) -> Divergence:
    """Fold the rows, and return what is said of them."""
    with pytest.raises(Divergence) as found:
        fold_all(rows)
    return found.value


def test_each_row_leads_to_what_it_led_to_when_it_was_logged() -> None:
    log, fold = evening(), Fold()
    assert (fold.begun("h1"), fold.now("h1")) == (False, None)
    marks = [(each.record, mark_of(each.value)) for each in map(fold.row, log.rows) if each.value is not None]
    assert marks == [(row, row.after) for row in log.rows]
    assert fold.begun("h1")
    assert fold.now("h1") == log.now
    assert log.hall.state is State.THREADING


def test_streams_stand_side_by_side() -> None:
    log, fold = evening(), Fold()
    other = []
    for row in log.rows[:1]:
        hall = new_hall("h2", Settings())
        stamped = e.Stamped(at_ns=row.at_ns, event=e.WarmUpAsked(until_ns=5))
        made = step(hall, stamped)
        told_row = _row("hall", stamped, hall, made.hall, made)
        other.append(sealed(replace(told_row, stream="h2", log_seq=1), CHAIN_START))
    for row in (*log.rows[:2], *other, *log.rows[2:]):
        fold.row(row)
    assert fold.now("h1") == log.now
    second = fold.now("h2")
    assert second is not None
    assert (second.hall.id, second.sessions) == ("h2", ())


@pytest.mark.parametrize("at", [0, 5, 7])
@pytest.mark.parametrize("field", ["edge", "verdict", "reason", "before", "after"])
def test_a_row_that_the_machine_decides_otherwise_is_named_with_both_words(field: str, at: int) -> None:
    rows = evening().rows
    found = told(resealed(rows, at, **{field: "other"}))
    assert (found.stream, found.log_seq, found.kind) == ("h1", at + 1, rows[at].kind)
    assert (found.what, found.logged, found.folded) == (field, "other", getattr(rows[at], field))


def test_the_sentence_says_where_and_what() -> None:
    rows = evening().rows
    assert str(told(resealed(rows, 7, edge="up>down:x"))) == (
        "h1 row 8 (operator_requested): edge differs: the log says up>down:x, the fold gives nothing"
    )
    assert str(told(resealed(rows, 5, edge=""))) == (
        "h1 row 6 (film_inserted): edge differs: the log says nothing, the fold gives idle>threading:film_inserted"
    )


@pytest.mark.parametrize("kept", [(), ({"do": "cancel_timer", "name": "nap"},)])
def test_a_row_with_other_effects_is_named(kept: tuple[dict[str, Any], ...]) -> None:
    rows = evening().rows
    assert rows[5].effects
    found = told(resealed(rows, 5, effects=kept))
    assert (found.log_seq, found.what) == (6, "effects")
    assert found.logged == ('[{"do":"cancel_timer","name":"nap"}]' if kept else "[]")
    assert found.folded.startswith('[{"at_ns":')


def test_effects_where_the_machine_asks_for_none_are_named() -> None:
    rows = evening().rows
    assert not rows[4].effects
    found = told(resealed(rows, 4, effects=({"do": "cancel_timer", "name": "nap"},)))
    assert (found.log_seq, found.what, found.folded) == (5, "effects", "[]")


def test_a_session_is_held_to_its_rows_as_well() -> None:
    rows = evening().rows
    found = told(resealed(rows, 2, edge="other"))
    assert (found.log_seq, found.what, found.folded) == (3, "edge", rows[2].edge)
    assert rows[2].edge == "down>connecting:session_wanted"


def test_an_event_of_no_known_kind_is_named() -> None:
    found = told(resealed(evening().rows, 5, kind="film_inserted_twice"))
    assert (found.stream, found.log_seq, found.kind, found.what) == ("h1", 6, "film_inserted_twice", "event")
    assert (found.logged, found.folded) == ("film_inserted_twice", "no event is called 'film_inserted_twice'")


def test_a_session_has_no_events_of_the_hall() -> None:
    assert told(resealed(evening().rows, 2, kind="film_ready")).what == "event"


@pytest.mark.parametrize(
    ("broken", "what", "logged", "folded_to"),
    [
        (lambda rows: [rows[0], *rows[2:]], "log_seq", "3", "2"),
        (lambda rows: rows[1:], "log_seq", "2", "1"),
        (lambda rows: [rows[0], replace(rows[1], prev="0" * 64)], "prev", "0" * 64, None),
        (lambda rows: [replace(rows[0], digest="f" * 64)], "digest", "f" * 64, None),
    ],
)
def test_a_broken_chain_is_named(
    broken: Callable[[list[Record]], list[Record]], what: str, logged: str, folded_to: str | None
) -> None:
    rows = evening().rows
    found = told(broken(rows))
    assert (found.what, found.logged) == (what, logged)
    assert found.folded == (folded_to or (rows[0].digest))


def test_behind_a_declared_gap_only_the_chain_goes_on() -> None:
    log, fold = evening(), Fold()
    gap = Record(stream="h1", log_seq=0, subject="log", at_ns=1, kind=LOG_GAP)
    before = [*log.rows]
    log.add(gap)
    log.hear(e.WarmUpAsked(until_ns=5))
    assert all(fold.row(row).value is not None for row in before)
    assert [fold.row(row).value for row in log.rows[len(before) :]] == [None, None]
    assert fold.now("h1") is None
    assert LOG_GAP == "log_gap"


def test_a_gap_in_one_stream_forgets_no_other() -> None:
    fold = Fold()
    fold.start("h1", 3, "a" * 64, canonical(evening().now))
    fold.start("h2", 3, "b" * 64, canonical(evening().now))
    gap = sealed(Record(stream="h1", log_seq=4, subject="log", at_ns=1, kind=LOG_GAP), "a" * 64)
    fold.row(gap)
    assert fold.now("h1") is None
    assert fold.now("h2") == evening().now


def test_a_row_of_no_machine_has_no_value() -> None:
    row = sealed(Record(stream="h1", log_seq=1, subject="log", at_ns=1, kind="pruned"), CHAIN_START)
    assert Fold().row(row) == Folded(row, None)


def test_a_pruned_stream_goes_on_from_what_it_led_to() -> None:
    log = evening()
    half = folded("h1", None, log.rows[:5])
    assert half is not None
    assert folded("h1", half, log.rows[5:]) == canonical(log.now)
    assert folded("h1", None, log.rows) == canonical(log.now)
    assert folded("h1", folded("h1", None, log.rows[:1]), log.rows[1:]) == canonical(log.now)


def test_a_pruned_stream_of_unknown_value_is_held_to_its_chain_alone() -> None:
    log, fold = evening(), Fold()
    fold.start("h1", 5, log.rows[4].digest, "")
    assert [fold.row(row).value for row in log.rows[5:]] == [None] * 3
    assert folded("h1", None, log.rows[5:]) is None
    assert fold.begun("h1")
    with pytest.raises(Divergence, match="log_seq differs: the log says 8, the fold gives 9"):
        fold.row(log.rows[7])


def test_a_stream_with_no_rows_has_led_to_nothing() -> None:
    assert folded("h1", None, []) is None
    assert Fold().now("h1") is None


def test_a_value_that_cannot_be_read_says_why() -> None:
    with pytest.raises(NowUnreadable, match="missing required field `hall`"):
        Fold().start("h1", 5, "a" * 64, "{}")


def test_the_hall_and_its_sessions_are_told_by_role() -> None:
    now = Now(hall=new_hall("h1", Settings()), sessions=(ControlSession(role=S),))
    assert now.session(S) == ControlSession(role=S)
    assert now.session(P) is None
    assert isinstance(now.hall, Hall)
