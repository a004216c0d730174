# SPDX-License-Identifier: Apache-2.0
"""What is read off a hall: the sessions that it wants, its label, what can happen now, its picture."""

import re

import pytest

from statemachines import events as e
from statemachines.explain import Outlook, outlook
from statemachines.graph import as_dot, as_mermaid, as_object
from statemachines.hall_table import HALL_TABLE
from statemachines.label import label
from statemachines.say import moment, spoken
from statemachines.settings import SECOND, Settings
from statemachines.wanted import wanted
from statemachines.words import Role, State
from tests.support.story import Begin, P, Story

BOTH = frozenset(Role)


class TestWanted:
    @pytest.mark.parametrize("begin", [Story.threaded, Story.showing, Story.rewinding, Story.broken])
    def test_both_outside_idle(self, begin: Begin) -> None:
        assert wanted(begin(Story()).hall) == BOTH

    def test_none_in_idle(self) -> None:
        assert wanted(Story().idle().hall) == frozenset()

    def test_until_the_hall_is_recovered(self) -> None:
        story = Story()
        assert wanted(story.hall) == BOTH
        story.take(e.RuntimeRecovered(projection=None, sound=None))
        assert wanted(story.hall) == BOTH

    def test_while_a_warm_up_lies_ahead(self) -> None:
        story = Story().idle()
        story.take(e.WarmUpAsked(until_ns=story.hall.at_ns + 60 * SECOND))
        assert wanted(story.hall) == BOTH
        assert story.hall.armed("warm_over") is not None
        story.wait(60).due("warm_over")
        assert wanted(story.hall) == frozenset()

    @pytest.mark.parametrize("hold", ["maintenance", "deployment"])
    def test_while_held(self, hold: str) -> None:
        story = Story().idle()
        story.take(e.HoldPlaced(hold=hold, reason="r"))
        assert wanted(story.hall) == BOTH

    @pytest.mark.parametrize("role", Role)
    def test_while_a_device_cannot_be_heard(self, role: Role) -> None:
        story = Story().idle()
        story.take(e.WatchLost(role=role, reason="gone"))
        assert wanted(story.hall) == BOTH

    def test_only_what_the_hall_has(self) -> None:
        assert wanted(Story(Settings(roles=(P,))).hall) == {P}


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        (Story.idle, "Idle"),
        (Story.threaded, "Threaded, ready to start"),
        (Story.showing, "Projecting"),
        (Story.rewinding, "Rewinding"),
        (Story.broken, "Fault: the film broke: thread it again"),
    ],
)
def test_label(begin: Begin, words: str) -> None:
    assert label(begin(Story()).hall) == words


def test_label_of_a_show_whose_dowser_is_closed() -> None:
    story = Story().showing()
    story.hear(e.DowserMoved, open=False)
    assert label(story.hall) == "Running dark"


class TestOutlook:
    def _of(self, story: Story) -> dict[str, Outlook]:
        return {each.verb: each for each in outlook(story.hall, story.hall.at_ns)}

    def test_says_where_each_verb_leads_or_why_not(self) -> None:
        found = self._of(Story().threaded())
        assert (found["start"].can_fire, found["start"].dest) == (True, State.PROJECTING)
        assert (found["rewind"].can_fire, found["rewind"].dest) == (True, State.REWINDING)
        assert (found["stop"].can_fire, found["stop"].reason) == (False, "the film is not running")
        assert found["reset"].reason == "only in fault, and the hall is threading"

    @pytest.mark.parametrize("begin", [Story.idle, Story.threaded, Story.showing, Story.rewinding, Story.broken])
    def test_agrees_with_what_happens_when_it_is_asked_for(self, begin: Begin) -> None:
        for verb in self._of(begin(Story())):
            story = begin(Story())
            foreseen = self._of(story)[verb]
            taken = story.ask(verb)
            assert bool(taken.edge) == foreseen.can_fire
            assert foreseen.can_fire or foreseen.reason == taken.reason
            assert not foreseen.can_fire or foreseen.dest == story.state

    def test_a_reading_grows_old_while_nothing_happens(self) -> None:
        story = Story().broken()
        story.ask("acknowledge")
        story.stands()
        assert self._of(story)["reset"].can_fire
        later = {each.verb: each for each in outlook(story.hall, story.hall.at_ns + 5 * SECOND)}
        assert "it must answer now" in later["reset"].reason

    def test_emergency_stop_can_always_fire(self) -> None:
        for begin in (Story.idle, Story.showing, Story.broken):
            assert self._of(begin(Story()))["emergency_stop"].can_fire


class TestGraph:
    def test_json_has_every_edge_with_its_meaning(self) -> None:
        found = as_object(HALL_TABLE)
        assert found["states"] == [str(state) for state in State]
        assert [edge["name"] for edge in found["edges"]] == [edge.name for edge in HALL_TABLE.edges]
        assert all(edge["meaning"] and edge["dest"] in found["states"] for edge in found["edges"])
        start = next(edge for edge in found["edges"] if edge["name"] == "threading>projecting:show_started")
        assert "film_ready" in start["guards"]
        assert "run_motor" in start["actions"]

    def _moves(self) -> set[tuple[str, str]]:
        return {
            (edge.source, edge.dest)
            for edge in HALL_TABLE.edges
            if edge.dest is not None and edge.trigger != "runtime_recovered"
        }

    def test_mermaid_draws_each_change_of_state_once(self) -> None:
        lines = as_mermaid(HALL_TABLE, gather="fault").splitlines()
        assert lines[0] == "stateDiagram-v2"
        drawn = [match.groups() for line in lines if (match := re.fullmatch(r"    (\w+) --> (\w+)(?: : .+)?", line))]
        assert sorted(drawn) == sorted(self._moves())
        assert "        film_broke" in lines
        assert lines[-1] == "    end note"

    def test_dot_draws_each_change_of_state_once(self) -> None:
        text = as_dot(HALL_TABLE)
        assert text.count("{") == text.count("}") == 1
        drawn = re.findall(r'^    "(\w+)" -> "(\w+)" \[label="[^"]+"\];$', text, re.MULTILINE)
        assert sorted(drawn) == sorted(self._moves())

    def test_it_comes_out_the_same_each_time(self) -> None:
        assert as_mermaid(HALL_TABLE) == as_mermaid(HALL_TABLE)


class TestSpoken:
    def test_a_moment_is_told_in_the_readers_zone(self) -> None:
        words = f"it was acknowledged at {moment(1_700_000_000 * SECOND)}"
        assert spoken(words) == "it was acknowledged at 22:13:20"
        assert spoken(words, 2 * 3600) == "it was acknowledged at 00:13:20"

    def test_what_is_no_moment_stays(self) -> None:
        assert spoken("at <t:x> and <b>") == "at <t:x> and <b>"

    def test_a_moment_beyond_the_calendar_does_not_fail(self) -> None:
        assert re.search(r"\d\d:\d\d:\d\d", spoken(moment(10**20 - 1)))
