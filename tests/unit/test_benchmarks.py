# SPDX-License-Identifier: Apache-2.0
"""The shape of the benchmarks: what they measure really happens, and what they write can be read. No times."""

import asyncio
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from adapters.store.lines import line_of
from benchmarks import decisions, page, replaying
from benchmarks.answering_http import Client, Refused
from benchmarks.answering_load import load
from benchmarks.logged import drafts, rows
from benchmarks.machine import machine
from benchmarks.measure import Figure, as_json, in_turns, p99
from benchmarks.plot import Bar, bars
from benchmarks.show import Showing
from statemachines.now import now_from
from statemachines.record import CHAIN_START
from statemachines.words import State, Verdict

HOSTS = ("127.0.0.2", "127.0.0.3")
COST = Figure("append_row", "a row", 30.0, "µs", 15, 20.0, "raw sqlite", 2.0)
PEER = Figure("cold_ssh_p50", "ssh", 240.0, "ms", 6, 1.5, "START", 200.0, at_least=True)
LONE = Figure("rows_per_second", "rows", 31_000.0, "/s", 15)


def test_a_show_goes_from_idle_through_every_state_but_fault_and_back() -> None:
    showing = Showing(feet=60)
    list(showing.begin())
    told = list(showing.show())
    states = [made.hall.state for _stamped, made in told if made.verdict is Verdict.TRANSITION]
    assert states == [State.THREADING, State.PROJECTING, State.REWINDING, State.THREADING, State.IDLE]
    assert Counter(made.verdict for _stamped, made in told)[Verdict.REFUSAL] == 0
    assert not showing.hall.alarms


def test_a_second_show_has_the_same_events_as_the_first() -> None:
    showing = Showing(feet=60)
    list(showing.begin())
    first, second = ([type(stamped.event) for stamped, _made in showing.show()] for _ in range(2))
    assert first == second


def test_bare_transitions_walk_the_path_of_the_show() -> None:
    assert decisions.bare_shows()() == 100 * 5


def test_rows_are_a_chain_that_replays() -> None:
    told = list(rows(60, feet=60))
    assert told[0].prev == CHAIN_START
    assert [row.log_seq for row in told] == list(range(1, 61))
    assert replaying.fold_of(b"".join(line_of(row) for row in told))() == 60


def test_each_draft_brings_the_value_after_it() -> None:
    for row, value in islice(drafts(feet=60), 20):
        assert row.after.startswith(f"{now_from(value).hall.state}:")


def test_parties_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    def party(name: str) -> int:
        turns.append(name)
        return 1

    samples = in_turns([lambda: party("a"), lambda: party("b")], runs=2)
    assert turns == ["a", "b"] * 3
    assert [len(each) for each in samples] == [2, 2]


def test_the_worst_of_a_hundred_is_the_99th_percentile() -> None:
    assert p99([float(each) for each in range(100)]) == 99
    assert p99([4.0]) == 4.0


async def test_callers_ask_again_and_again_and_every_answer_is_timed() -> None:
    asked: list[bytes] = []
    served: list[asyncio.Task[None]] = []

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(4096):
            asked.append(head.partition(b" HTTP")[0])
            good = b"/site" in head
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % (200 if good else 429))
        writer.close()
        await writer.wait_closed()

    def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.create_task(answer_all(reader, writer)))

    server = await asyncio.start_server(answering, "127.0.0.1", 0)
    async with server:
        clients = [await Client.connected(server.sockets[0].getsockname()[1], "t", host=host) for host in HOSTS]
        told = await load(clients, "/site", 0.05)
        assert asked == [b"GET /api/v1/site"] * len(told["took_ms"])
        assert len(asked) >= len(HOSTS)
        with pytest.raises(Refused, match="GET /api/v1/halls"):
            await clients[0].get("/halls")
        for client in clients:
            await client.aclose()
        await asyncio.gather(*served)


@pytest.mark.parametrize(("figure", "reached"), [(COST, True), (PEER, False), (LONE, None)])
def test_an_aim_is_reached_or_not(figure: Figure, reached: bool | None) -> None:
    assert figure.reached is reached


def test_other_programs_read_value_unit_floor_ratio_and_samples() -> None:
    assert as_json([COST, LONE]) == {
        "append_row": {"value": 30.0, "unit": "µs", "floor": 20.0, "ratio": 1.5, "samples": 15},
        "rows_per_second": {"value": 31_000.0, "unit": "/s", "floor": None, "ratio": None, "samples": 15},
    }


def test_a_table_says_whether_the_aim_was_reached() -> None:
    cost, peer, lone = page.table([COST, PEER, LONE]).splitlines()[2:]
    assert cost == "| a row | 30 µs | 20 µs: raw sqlite | 1.50 | ≤ 2 | reached | 15 |"
    assert "| 160 | ≥ 200 | **missed** |" in peer
    assert lone == "| rows | 31,000 /s |  |  |  |  | 15 |"


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    begin, end = page.BEGIN.format("corridor"), page.END.format("corridor")
    assert page.between(f"a {begin} old {end} b", "corridor", "new") == f"a {begin}\nnew\n{end} b"
    with pytest.raises(ValueError, match="no marks for corridor"):
        page.between("a b", "corridor", "new")


def test_the_page_has_a_place_for_each_part() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for part in (
        "decisions",
        "appending",
        "replaying",
        "answering",
        "viewers",
        "corridor",
        "asking",
        "scale",
    ):
        assert page.between(text, part, "x") != text


def test_the_page_says_what_it_was_measured_on() -> None:
    facts = machine()
    assert f"{facts.cores} cores" in page.told(facts, facts)
    assert facts.python in page.told(facts, facts)


def test_the_page_names_its_pictures() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for picture in ("performance-corridor.svg", "performance-costs.svg"):
        assert f"../images/{picture}" in text
        assert Path(page.IMAGES / picture).is_file()


def test_what_is_kept_is_what_the_page_shows() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    for part in page.kept().values():
        assert page.table(part.figures) in text


def test_a_picture_is_svg_with_a_bar_a_row_and_no_words_unescaped() -> None:
    picture = ET.fromstring(bars("a < b", "ms", [Bar("x & y", 0.5, 3.0, ours=True), Bar("z", 240.0, aim=100.0)]))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    assert picture.findtext(f"{space}title") == "a < b"
    assert "x & y" in [text.text for text in picture.iter(f"{space}text")]
    widths = [float(each.get("width", 0)) for each in picture.iter(f"{space}rect")][1:]
    assert len(widths) == 2
    assert 0 < widths[0] < widths[1]
