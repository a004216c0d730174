# SPDX-License-Identifier: Apache-2.0
"""A roll-out over many servers: canary first, then batches; its limit, its hours, people, its dry run."""

from msgspec.structs import replace

from statemachines import rollout_events as re
from statemachines.deployment_facts import HallSight
from statemachines.events import TimerDue
from statemachines.rollout import label
from statemachines.rollout_forecast import Known, forecast
from statemachines.rollout_value import Place, Target, Window
from statemachines.words import State
from tests.support.model_server import NEW, RELEASE, ModelServer
from tests.support.rollout_story import ABORTED, ABORTING, DONE, HALTED, HOUR, PAUSED, RUNNING, WAITING, Story, targets


class TestWaves:
    def test_the_canary_goes_first_then_batch_after_batch(self) -> None:
        story = Story(6).ask()
        assert story.working() == ["s0"]
        story.end("s0")
        assert story.working() == ["s1", "s2"]
        story.end("s2")
        assert story.working() == ["s1"], "a wave begins when the one before is over"
        story.end("s1")
        assert story.working() == ["s3", "s4"]
        story.end("s3")
        story.end("s4")
        story.end("s5")
        assert story.rollout.state is DONE
        assert label(story.rollout) == "The roll-out is over: 6 committed."

    def test_two_servers_of_one_hall_never_go_together(self) -> None:
        shared = (Target(server="p1", halls=("h1",)), Target(server="r9", halls=("h1", "h2")))
        story = Story(targets=shared, canaries=0).ask()
        assert story.working() == ["p1"]
        story.end("p1")
        assert story.working() == ["r9"]

    def test_a_deployment_says_what_goes_where(self) -> None:
        begun = Story().ask().begun[0]
        assert (begun.deployment, begun.server, begun.attempt) == ("r1.s0.1", "s0", 1)
        assert (begun.halls, begun.release) == (("h0",), RELEASE)

    def test_an_impossible_plan_is_refused(self) -> None:
        for plan, words in (
            ({"targets": ()}, "it names no server"),
            ({"targets": (*targets(2), *targets(1))}, "it names server s0 more than once"),
            ({"batch": 0}, "a batch is at least one server, and neither canaries nor allowed failures are below zero"),
        ):
            story = Story(**plan)
            assert story.tell(re.RolloutAsked(rollout="r1", plan=story.plan)).reason == words
            assert story.pause().reason == "this roll-out was never asked for"


class TestWhoAsked:
    def test_who_paused_or_aborted_it_is_told(self) -> None:
        story = Story(4).ask()
        story.pause()
        assert story.rollout.reason == "paused by ada"
        story.resume()
        assert story.rollout.reason == ""
        story.abort()
        assert story.rollout.reason == "aborted by ada"

    def test_nobody_is_named_where_nobody_is_known(self) -> None:
        story = Story(4).ask()
        story.tell(re.RolloutPauseAsked(rollout="r1", actor=""))
        assert story.rollout.reason == ""


class TestFailures:
    def test_a_canary_that_fails_stops_it_at_once(self) -> None:
        story = Story(failures_allowed=3).ask()
        story.end("s0", Place.ROLLED_BACK, "no heartbeat was heard")
        assert story.rollout.state is HALTED
        assert len(story.begun) == 1
        words = (
            "The roll-out has halted: resume or abort it (canary s0 did not take the release: no heartbeat was heard)"
        )
        assert label(story.rollout) == f"{words}: 3 waiting, 1 rolled back."

    def test_more_than_allowed_stop_it_and_leave_no_server_in_the_middle(self) -> None:
        story = Story(9, batch=4, failures_allowed=1).ask()
        story.end("s0")
        story.end("s1", Place.ROLLED_BACK)
        assert story.rollout.state is RUNNING
        story.end("s2", Place.FAILED)
        assert (story.rollout.state, story.working()) == (HALTED, ["s3", "s4"])
        assert story.rollout.reason == "2 servers failed and 1 may"
        assert story.deployments["r1.s3.1"] == "paused"
        story.end("s3")
        story.end("s4")
        assert len(story.begun) == 5, "nobody else was begun"

    def test_a_hundred_servers_with_five_that_fail_halt_and_come_through_after_the_fix(self) -> None:
        story = Story(100, canaries=1, batch=10, failures_allowed=4).ask()
        bad = {f"s{n}" for n in (7, 23, 44, 45, 61, 90)}
        self._run(story, bad)
        assert story.rollout.state is HALTED
        assert story.most == 10
        assert {each.target.server for each in story.rollout.failures} == {"s7", "s23", "s44", "s45", "s61"}
        assert label(story.rollout).endswith("(5 servers failed and 4 may): 29 waiting, 66 committed, 5 rolled back.")
        story.resume()
        assert story.working() == ["s7"], "the earliest wave that is not over comes first"
        self._run(story, set())
        assert label(story.rollout) == "The roll-out is over: 100 committed."
        assert story.most == 10
        assert len(story.begun) == 105

    @staticmethod
    def _run(story: Story, bad: set[str]) -> None:
        while story.rollout.state is RUNNING:
            name = story.working()[0]
            story.end(name, Place.ROLLED_BACK if name in bad else Place.COMMITTED)
        for name in story.working():
            story.end(name, Place.ROLLED_BACK if name in bad else Place.COMMITTED)

    def test_a_server_that_needs_hands_is_excused_when_people_resume(self) -> None:
        story = Story(3).ask()
        story.end("s0")
        story.end("s1", Place.FAILED, "its module would not go")
        story.end("s2")
        story.resume()
        assert story.rollout.state is DONE
        assert story.end("s1", Place.ROLLED_BACK).edge, "what people bring back later is noted"
        assert story.resume().edge == "done>running:rollout_resume_asked"
        assert story.working() == ["s1"]

    def test_an_end_that_nobody_awaits_changes_nothing(self) -> None:
        story = Story().ask()
        told = story.tell(re.DeploymentEnded(rollout="r1", server="s0", attempt=7, place=Place.COMMITTED))
        assert told.reason == "no such end of attempt 7 is awaited from server s0"
        told = story.tell(re.DeploymentEnded(rollout="r1", server="s9", attempt=1, place=Place.COMMITTED))
        assert told.reason == "server s9 is not in this roll-out"


class TestPeople:
    def test_pause_begins_no_more_and_resume_goes_on(self) -> None:
        story = Story().ask()
        story.pause()
        assert (story.rollout.state, story.deployments) == (PAUSED, {"r1.s0.1": "paused"})
        story.end("s0")
        assert story.working() == []
        story.resume()
        assert (story.rollout.state, story.working()) == (RUNNING, ["s1", "s2"])

    def test_abort_takes_back_what_is_being_done_and_keeps_what_is_done(self) -> None:
        story = Story().ask()
        story.end("s0")
        story.abort()
        assert story.rollout.state is ABORTING
        assert story.deployments == {"r1.s0.1": "begun", "r1.s1.1": "aborted", "r1.s2.1": "aborted"}
        story.end("s1", Place.ROLLED_BACK)
        story.end("s2", Place.ROLLED_BACK)
        assert label(story.rollout) == (
            "The roll-out was aborted (aborted by ada): 1 waiting, 1 committed, 2 rolled back."
        )
        assert story.resume().reason == "the roll-out was aborted"

    def test_abort_with_nothing_being_done_is_over_at_once(self) -> None:
        story = Story(window=Window(opens_min=60, closes_min=120)).ask()
        story.abort()
        assert (story.rollout.state, story.timer) == (ABORTED, 0)


class TestHours:
    def test_may_pass_midnight_and_lie_in_another_zone(self) -> None:
        night = Window(opens_min=23 * 60, closes_min=5 * 60, offset_s=3600)
        assert [night.is_open(hour * HOUR) for hour in (21, 22, 23, 27, 28, 36)] == [
            False,
            True,
            True,
            True,
            False,
            False,
        ]
        assert night.changes_ns(21 * HOUR) == 22 * HOUR
        assert night.changes_ns(22 * HOUR) == 28 * HOUR
        assert Window().is_open(5)
        assert Window().changes_ns(5) == 0

    def test_outside_of_them_nothing_is_begun(self) -> None:
        story = Story(window=Window(opens_min=60, closes_min=120)).ask()
        assert (story.rollout.state, story.working(), story.timer) == (WAITING, [], HOUR)
        told = story.tell(TimerDue(name="rollout:r1:window"))
        assert told.reason == "the timer 'rollout:r1:window' is not armed for now"
        story.due()
        assert (story.rollout.state, story.working(), story.timer) == (RUNNING, ["s0"], 2 * HOUR)
        story.due()
        assert (story.rollout.state, story.deployments) == (WAITING, {"r1.s0.1": "paused"})
        assert story.timer == 25 * HOUR
        story.end("s0")
        assert story.working() == []
        story.due()
        assert story.working() == ["s1", "s2"]

    def test_resumed_outside_of_them_it_waits(self) -> None:
        story = Story(window=Window(opens_min=0, closes_min=60)).ask()
        story.pause()
        story.due()
        assert story.rollout.state is PAUSED
        story.resume()
        assert (story.rollout.state, story.deployments) == (WAITING, {"r1.s0.1": "paused"})


class TestRecovery:
    def test_begins_again_what_may_not_have_been_begun(self) -> None:
        story = Story(window=Window(opens_min=0, closes_min=60)).ask()
        story.deployments.clear()
        story.timer = 0
        story.tell(re.RolloutRecovered(rollout="r1"))
        assert (story.deployments, story.timer) == ({"r1.s0.1": "begun"}, HOUR)

    def test_after_its_hours_pauses_what_still_waits(self) -> None:
        story = Story(window=Window(opens_min=0, closes_min=60)).ask()
        story.now = 2 * HOUR
        story.tell(re.RolloutRecovered(rollout="r1"))
        assert (story.rollout.state, story.deployments) == (WAITING, {"r1.s0.1": "paused"})

    def test_goes_on_aborting(self) -> None:
        story = Story().ask()
        story.abort()
        story.deployments.clear()
        story.tell(re.RolloutRecovered(rollout="r1"))
        assert story.deployments == {"r1.s0.1": "aborted"}


def test_a_dry_run_says_what_it_would_do_to_which_server_and_why_not_to_others() -> None:
    found = ModelServer().found
    busy = HallSight(hall="h1", state=State.PROJECTING, film=True)
    plan = Story(5, window=Window(opens_min=60, closes_min=120)).plan
    known = {
        "s0": Known(found=found, sights=(HallSight(hall="h0", state=State.IDLE, film=False),)),
        "s1": Known(found=found, sights=(busy,)),
        "s2": Known(found=replace(found, loaded=NEW, boots=NEW)),
        "s3": Known(found=replace(found, kernel="6.1.0-33-amd64", sig_enforce=True)),
    }
    told = forecast(plan, known, at_ns=0)
    assert [(each.server, each.wave, each.does) for each in told] == [
        ("s0", 0, True),
        ("s1", 1, True),
        ("s2", 1, False),
        ("s3", 2, False),
        ("s4", 2, False),
    ]
    first = "from 000000000000 to aaaaaaaaaaaa (reelctl-2), not before <t:3600000000000>"
    assert told[0].words == first
    assert told[1].words == f"{first}, when its halls are free: hall h1 is projecting with film in its path"
    assert told[2].words == "it has the release already"
    assert told[3].words.startswith("it is built for kernel 6.1.0-32-amd64, the server runs 6.1.0-33-amd64")
    assert "signed modules only" in told[3].words
    assert told[4].words == "nothing is known of it: it was never inspected"
    refused = forecast(plan, known, at_ns=HOUR, artefact=("its signature is by somebody unknown",))
    assert refused[0].words == "its signature is by somebody unknown"
