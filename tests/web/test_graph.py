# SPDX-License-Identifier: Apache-2.0
"""A hall's machine as a picture: the table that runs, and what the log tells of it."""

import time
from pathlib import Path

from statemachines import events as e
from statemachines.graph import as_object
from statemachines.hall_table import HALL_TABLE
from statemachines.settings import SECOND
from statemachines.words import State
from tests.web.support.asking import Asking
from tests.web.support.lived import LivedHall, log_of

DAY_NS = 24 * 3600 * SECOND


def test_the_picture_is_that_of_the_table_that_runs(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.end()
    graph = Asking()("/halls/h1/graph")
    table = as_object(HALL_TABLE)
    assert [place["name"] for place in graph["states"]] == list(State)
    assert [edge["name"] for edge in graph["edges"]] == [edge["name"] for edge in table["edges"]]
    shown = {(edge["source"], edge["dest"]) for edge in table["edges"] if not edge["internal"]}
    adopted = {(edge["source"], edge["dest"]) for edge in table["edges"] if edge["trigger"] == "runtime_recovered"}
    drawn = {(move["source"], move["dest"]) for move in graph["moves"]}
    assert drawn <= shown
    assert shown - drawn <= adopted
    assert {move["dest"] for move in graph["moves"] if move["to_fault"]} == {"fault"}


def test_an_edge_tells_which_sessions_it_opens_and_closes(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.end()
    edges = {edge["name"]: edge for edge in Asking()("/halls/h1/graph")["edges"]}
    begins, runs = edges["idle>threading:film_inserted"], edges["threading>projecting:show_started"]
    assert (begins["opens"], begins["closes"]) == (["projection", "sound"], [])
    assert (runs["opens"], runs["closes"], runs["internal"]) == ([], [], False)
    assert edges["threading>idle:film_removed"]["closes"] == ["projection", "sound"]
    assert runs["meaning"] == "the show was started"
    assert "sessions_up" in runs["guards"]


def test_counts_and_stays_are_those_of_the_log(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.threaded()
        hall.wait(60)
        hall.ask("start")
        hall.wait(120)
        hall.ask("stop")
        hall.answer()
        hall.end()
        graph = Asking()("/halls/h1/graph")
        places = {place["name"]: place for place in graph["states"]}
        moves = {(move["source"], move["dest"]): move for move in graph["moves"]}
        assert (graph["active"], places["threading"]["count"], places["projecting"]["count"]) == ("threading", 2, 1)
        assert places["projecting"]["dwell"]["p50_ms"] == 120_100
        assert moves["threading", "projecting"]["count"] == 1
        assert moves["threading", "idle"]["last_ms"] is None
        assert graph["last_edge"]["at_ms"] == moves["projecting", "threading"]["last_ms"] == graph["since_ms"]

        hall.hear(e.FilmRemoved)
        hall.end()
        graph = Asking()("/halls/h1/graph")  # a change is told at once, whatever was kept
        assert (graph["active"], graph["last_edge"]["trigger"]) == ("idle", "film_removed")
        assert {(move["source"], move["dest"]): move["count"] for move in graph["moves"]}["threading", "idle"] == 1


def test_what_lies_more_than_thirty_days_back_is_not_counted(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log, begins_ns=time.time_ns() - 40 * DAY_NS)
        hall.showing()
        hall.wait(39 * 24 * 3600)
        hall.ask("stop")
        hall.end()
    graph = Asking()("/halls/h1/graph")
    assert {(move["source"], move["dest"]): move["count"] for move in graph["moves"] if move["count"]} == {
        ("projecting", "threading"): 1
    }
    assert all(place["dwell"] is None for place in graph["states"])


def test_a_deadline_is_told_with_what_is_awaited(state: Path) -> None:
    with log_of(state) as log:
        hall = LivedHall(log)
        hall.idle()
        hall.hear(e.FilmInserted)
        hall.end()
    deadline = Asking()("/halls/h1/graph")["deadline"]
    assert (deadline["name"], deadline["words"]) == ("threading_overdue", "the film should be threaded")
    assert deadline["span_ms"] == 30 * 60_000
    assert deadline["at_ms"] == (hall.at_ns + 30 * 60 * SECOND) // 1_000_000
