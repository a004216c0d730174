# SPDX-License-Identifier: Apache-2.0
"""One deployment as an engineer expects it: when it begins, what it asks for, why it gives up, what people read."""

import pytest
from msgspec.structs import replace

from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment_facts import Findings, HallSight, unfit
from statemachines.deployment_value import DeploymentState
from statemachines.deployment_words import label
from statemachines.events import TimerDue
from statemachines.words import State, Verdict
from tests.support.deployment_story import HALLS, ID, ORDER, S, Story
from tests.support.model_server import NEW, OLD, RELEASE, ModelServer

PENDING, PREFLIGHT, STAGED, INSTALLED, PROBING, COMMITTED, ROLLING_BACK, ROLLED_BACK, FAILED = DeploymentState
FOUND = ModelServer().found


def server(**fields: object) -> ModelServer:
    return ModelServer(**fields)  # type: ignore[arg-type]


class TestHalls:
    def test_are_held_when_all_of_them_are_at_rest(self) -> None:
        story = Story()
        story.halls["h2"] = replace(story.halls["h2"], state=State.PROJECTING, film=True)
        story.ask()
        assert (story.steps(), story.deployment.state) == ([], PENDING)
        assert label(story.deployment) == "It waits for its halls: hall h2 is projecting with film in its path."
        story.hall("h2", state=State.IDLE)
        assert story.steps() == []
        story.hall("h2", film=False)
        reason = "module reelctl-2 is being deployed to server s1"
        assert story.asked == [fx.HoldHalls(deployment=ID, halls=HALLS, reason=reason)]
        story.run(until=PREFLIGHT)
        assert {sight.holder for sight in story.halls.values()} == {ID}

    def test_are_let_go_when_film_comes_just_before_they_are_held(self) -> None:
        story = Story()
        story.ask()
        story.todo.clear()
        story.hall("h1", holder=ID)
        story.hall("h2", holder=ID, film=True)
        assert story.steps() == ["HoldHalls", "ReleaseHalls"]
        assert (story.deployment.state, story.deployment.holding) == (PENDING, False)

    def test_that_another_deployment_holds_are_waited_for(self) -> None:
        story = Story()
        story.halls["h1"] = replace(story.halls["h1"], holder="d0")
        story.ask()
        assert story.steps() == []
        assert label(story.deployment) == "It waits for its halls: hall h1 is held for another deployment."
        story.hall("h1", holder="")
        assert story.run().deployment.state is COMMITTED

    @pytest.mark.parametrize("state", [PREFLIGHT, STAGED])
    def test_that_get_film_before_the_module_is_touched_make_it_wait_again(self, state: DeploymentState) -> None:
        story = Story().to(state)
        story.hall("h2", film=True)
        assert story.deployment.state is PENDING
        story.run()
        assert {sight.holder for sight in story.halls.values()} == {""}
        assert story.server.old_good
        story.hall("h2", film=False)
        assert story.run().deployment.state is COMMITTED
        assert story.steps().count("Stage") == 1, "what lies on the server is not uploaded twice"

    def test_that_get_film_while_a_lost_unload_is_looked_after_are_waited_for(self) -> None:
        story = Story().to(INSTALLED)
        unload = story.todo.popleft()
        assert isinstance(unload, fx.Unload)
        story.tell(de.ConnectionLost(deployment=ID, number=unload.number, words="the link is mute"))
        story.hall("h1", film=True)
        story.run()
        assert story.deployment.state is INSTALLED
        assert story.server.loaded == OLD
        words = "The module is being replaced, which waits for its halls: hall h1 is idle with film in its path"
        assert label(story.deployment).startswith(words)
        story.hall("h1", film=False)
        assert story.run().deployment.state is COMMITTED

    def test_that_get_film_under_a_bad_module_are_waited_for_before_it_is_taken_back(self) -> None:
        story = Story(server(ills=frozenset({"self_test"}))).to(ROLLING_BACK)
        story.hall("h1", film=True)
        story.run()
        assert (story.deployment.state, story.server.loaded) == (ROLLING_BACK, NEW)
        story.hall("h2", film=True)
        story.hall("h2", film=False)
        assert not story.todo, "one of two is not enough"
        story.hall("h1", film=False)
        assert story.run().deployment.state is ROLLED_BACK

    def test_whose_hold_was_lifted_by_hand_are_held_again(self) -> None:
        story = Story().to(PROBING)
        story.hall("h1", holder="")
        assert isinstance(story.asked[-1], fx.HoldHalls)

    def test_a_server_with_none_is_refused(self) -> None:
        told = Story(order=replace(ORDER, halls=())).ask()
        assert told.reason == "server s1 serves no hall: nothing says when it may be touched"

    def test_of_other_servers_are_no_affair_of_it(self) -> None:
        story = Story()
        story.ask()
        sight = HallSight(hall="h9", state=State.PROJECTING, film=True)
        told = story.tell(de.HallSeen(deployment=ID, sight=sight))
        assert told.reason == "server s1 does not serve hall h9"


def with_found(**fields: object) -> Findings:
    return replace(FOUND, **fields)


class TestPreflight:
    @pytest.mark.parametrize(
        ("found", "words"),
        [
            (
                with_found(kernel="6.1.0-33-amd64"),
                "it is built for kernel 6.1.0-32-amd64, the server runs 6.1.0-33-amd64: build it for that one",
            ),
            (with_found(vermagic="6.1.0-32-amd64 SMP"), "its vermagic is '6.1.0-32-amd64 SMP preempt"),
            (with_found(sig_enforce=True), "the server loads signed modules only, and it is not signed"),
            (with_found(free=1 << 20), "the server has 1 MiB of disk left and 17 are needed: make room"),
            (with_found(loaded="f" * 64), "the server runs another module than the one that it starts with"),
        ],
        ids=["kernel", "vermagic", "enforced", "disk", "another"],
    )
    def test_says_why_a_release_cannot_go_there_and_leaves_the_server_alone(self, found: Findings, words: str) -> None:
        story = Story().to(PREFLIGHT)
        story.todo.clear()
        story.tell(de.ServerInspected(deployment=ID, number=1, found=found))
        assert story.deployment.state is ROLLED_BACK
        assert story.deployment.reason.startswith(words)
        assert story.steps() == ["HoldHalls", "Inspect", "ReleaseHalls"]

    def test_tells_all_reasons_at_once(self) -> None:
        release = replace(RELEASE, needs=("i2c_core",))
        found = with_found(sig_enforce=True)
        assert len(unfit(replace(ORDER, release=release), found)) == 2
        assert (
            unfit(replace(ORDER, release=replace(release, kernel_signed=True)), with_found(modules=("i2c_core",))) == ()
        )

    def test_stops_a_file_that_was_tampered_with_before_it_reaches_the_server(self) -> None:
        story = Story().to(PREFLIGHT)
        story.todo.clear()
        told = ("its sha256 is not that of the release",)
        story.tell(de.ServerInspected(deployment=ID, number=1, found=FOUND, artefact=told))
        assert (story.deployment.state, story.deployment.reason) == (ROLLED_BACK, told[0])
        assert "Stage" not in story.steps()

    def test_finds_that_nothing_is_to_be_done(self) -> None:
        story = Story(server(boots=NEW, loaded=NEW))
        story.ask()
        story.run()
        assert story.deployment.state is COMMITTED
        assert story.steps() == ["HoldHalls", "Inspect", "ReleaseHalls"]
        assert label(story.deployment).endswith("the server had it already, nothing was done.")

    def test_does_not_upload_what_is_there(self) -> None:
        story = Story(server(staged={NEW}))
        story.ask()
        assert story.run().deployment.state is COMMITTED
        assert "Stage" not in story.steps()

    def test_a_server_that_had_no_module_goes_back_to_none(self) -> None:
        story = Story(server(boots="", loaded="", ills=frozenset({"mute"})))
        story.ask()
        story.run()
        assert "Unload" not in story.steps()
        assert story.deployment.state is ROLLED_BACK
        assert (story.server.loaded, story.server.boots) == ("", "")


class TestBadRelease:
    @pytest.mark.parametrize(
        ("ill", "words"),
        [
            ("mute", "no heartbeat was heard from 2 of 2 devices within 5 s"),
            ("abi", "the ABI version is not as it must be: the module speaks ABI 3, the release says 1 to 2"),
            ("self_test", "the self-test is not as it must be: tacho"),
            ("drill", "the interlock drill is not as it must be: tacho"),
            ("oops", "server s1 started again after the new module was loaded"),
        ],
    )
    def test_is_taken_back_and_says_why(self, ill: str, words: str) -> None:
        story = Story(server(ills=frozenset({ill})))
        story.ask()
        story.run()
        story.check_end()
        assert (story.deployment.state, story.deployment.reason) == (ROLLED_BACK, words)
        assert "Commit" not in story.steps()
        assert label(story.deployment) == f"The server runs what it ran before; {words}."

    @pytest.mark.parametrize("verb", ["stage", "install", "unload", "load", "commit"])
    def test_or_step_that_the_server_refuses_is_taken_back(self, verb: str) -> None:
        story = Story(server(refuses={verb: "film is in the path of hall h1"}))
        story.ask()
        story.run()
        story.check_end()
        assert story.deployment.state is ROLLED_BACK
        assert story.deployment.reason == "server s1 refused a step: film is in the path of hall h1"

    def test_that_cannot_be_taken_back_keeps_the_halls_and_both_reasons(self) -> None:
        story = Story(server(ills=frozenset({"mute"}), refuses={"rollback": "rmmod: module is in use"}))
        story.ask()
        story.run()
        story.check_end()
        assert story.deployment.state is FAILED
        assert label(story.deployment) == (
            "What the server runs could not be shown, its halls stay held; "
            "no heartbeat was heard from 2 of 2 devices within 5 s; "
            "and bringing back the previous module: server s1 refused a step: rmmod: module is in use."
        )
        told = story.tell(de.AbortAsked(deployment=ID))
        assert told.reason.endswith("resume it to bring the previous module back once more, or release its halls")
        story.recover()
        assert story.alarms == {"deployment_failed"}
        story.server.refuses.clear()
        story.tell(de.ResumeAsked(deployment=ID))
        assert (story.deployment.state, story.alarms) == (ROLLING_BACK, set())
        story.run()
        story.check_end()
        assert story.deployment.state is ROLLED_BACK

    def test_an_old_module_that_is_not_heard_after_a_roll_back_is_no_good_end(self) -> None:
        story = Story(server(ills=frozenset({"self_test"}))).to(ROLLING_BACK)
        story.server.devices = 0
        story.run()
        story.check_end()
        assert story.deployment.state is FAILED
        assert story.deployment.rollback_reason == "the module has no device at all"


def failed() -> Story:
    story = Story(server(ills=frozenset({"mute"}), refuses={"rollback": "rmmod: module is in use"}))
    story.ask()
    story.run()
    assert story.deployment.state is FAILED
    return story


class TestRelease:
    def test_lets_the_halls_of_one_that_failed_go_for_good(self) -> None:
        story = failed()
        assert story.tell(de.ReleaseAsked(deployment=ID, actor="ada")).edge
        story.run()
        assert {sight.holder for sight in story.halls.values()} == {""}
        assert (story.deployment.state, story.alarms, story.timers) == (FAILED, set(), {})
        assert label(story.deployment).startswith(
            "What the server runs could not be shown, and its halls were let go; no heartbeat"
        )
        story.recover()
        story.run()
        assert ({sight.holder for sight in story.halls.values()}, story.alarms) == ({""}, set())
        for again in (de.ReleaseAsked(deployment=ID), de.ResumeAsked(deployment=ID)):
            assert story.tell(again).reason == "its halls were let go: plan another roll-out for server s1"
        assert story.tell(de.AbortAsked(deployment=ID)).reason.startswith("it is over: ")

    def test_of_a_hall_that_shows_the_hold_after_it_is_done_once_more(self) -> None:
        story = failed()
        story.tell(de.ReleaseAsked(deployment=ID))
        story.todo.clear()  # it was written down, and the controller was killed
        story.recover()
        story.run()
        assert {sight.holder for sight in story.halls.values()} == {""}

    def test_ends_a_roll_back_that_waits_for_a_hall_in_vain(self) -> None:
        story = Story(server(ills=frozenset({"mute"}))).to(ROLLING_BACK)
        refused = story.tell(de.ReleaseAsked(deployment=ID))
        assert refused.reason == "the previous module is being brought back: let that end"
        story.hall("h1", film=True)
        story.run()
        assert (story.deployment.state, story.deployment.doing) == (ROLLING_BACK, None)
        story.tell(de.ReleaseAsked(deployment=ID, actor="ada"))
        story.run()
        assert story.deployment.state is FAILED
        assert story.deployment.rollback_reason == "ada let its halls go while it waited for them"
        assert {sight.holder for sight in story.halls.values()} == {""}

    @pytest.mark.parametrize("state", [PENDING, PREFLIGHT, STAGED, INSTALLED, PROBING])
    def test_is_refused_while_an_abort_does(self, state: DeploymentState) -> None:
        assert Story().to(state).tell(de.ReleaseAsked(deployment=ID)).reason.endswith(": abort it")


class TestPeople:
    @pytest.mark.parametrize("state", [PENDING, PREFLIGHT, STAGED])
    def test_pause_a_server_that_is_untouched_and_have_its_halls_back(self, state: DeploymentState) -> None:
        story = Story().to(state)
        assert story.tell(de.PauseAsked(deployment=ID)).edge
        story.run()
        assert story.deployment.state is PENDING
        assert label(story.deployment) == "It is paused."
        assert {sight.holder for sight in story.halls.values()} == {""}
        assert story.tell(de.PauseAsked(deployment=ID)).reason == "it is paused already"
        story.tell(de.ResumeAsked(deployment=ID))
        assert story.run().deployment.state is COMMITTED

    @pytest.mark.parametrize("state", [INSTALLED, PROBING])
    def test_cannot_pause_while_the_module_is_replaced(self, state: DeploymentState) -> None:
        told = Story().to(state).tell(de.PauseAsked(deployment=ID))
        assert told.reason.endswith("let it end, or abort it")

    @pytest.mark.parametrize("state", [PENDING, PREFLIGHT, STAGED, INSTALLED, PROBING])
    def test_abort_it_and_have_the_server_as_it_was(self, state: DeploymentState) -> None:
        story = Story().to(state)
        story.tell(de.AbortAsked(deployment=ID, actor="ada"))
        story.run()
        story.check_end()
        assert (story.deployment.state, story.deployment.reason) == (ROLLED_BACK, "it was aborted by ada")

    def test_cannot_change_what_is_over(self) -> None:
        story = Story()
        story.ask()
        story.run()
        for event in (de.PauseAsked, de.ResumeAsked, de.AbortAsked):
            told = story.tell(event(deployment=ID))
            assert told.reason == "it is over: the server runs the new module and starts with it"


class TestAnswers:
    def test_of_a_step_that_was_given_up_change_nothing(self) -> None:
        story = Story().to(STAGED)
        number = story.deployment.number
        story.due("step")
        story.due("retry")
        told = story.tell(de.ReleaseInstalled(deployment=ID, number=number))
        assert told.reason == f"that was step {number}; number {number + 1} (inspect) is on its way"

    def test_of_another_kind_than_the_step_are_refused(self) -> None:
        told = Story().to(STAGED).tell(de.ModuleLoaded(deployment=ID, number=3, epochs=(1,)))
        assert told.reason == "that answers another step than the one on its way (install)"

    def test_a_heartbeat_of_the_module_before_proves_nothing(self) -> None:
        story = Story()
        old_epoch = story.server.epoch
        story.to(PROBING)
        told = story.tell(de.HeartbeatHeard(deployment=ID, epoch=old_epoch))
        assert told.reason == "no device of that epoch is being probed"

    def test_every_device_must_be_heard(self) -> None:
        story = Story().to(PROBING)
        *answers, last = story.outcome(story.todo.popleft())
        for event in answers:
            story.tell(event)
        assert "Commit" not in story.steps()
        story.tell(last)
        assert story.steps()[-1] == "Commit"

    def test_losses_in_a_row_are_retried_ever_more_slowly(self) -> None:
        story = Story().to(PREFLIGHT)
        waits = []
        for _ in range(9):
            story.todo.clear()
            story.tell(de.ConnectionLost(deployment=ID, number=story.deployment.number, words="no route"))
            waits.append((story.timers[f"deploy:{ID}:retry"] - story.now) // S)
            story.due("retry")
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert "it was lost 9 times (no route)" in label(story.deployment)

    def test_a_timer_that_was_armed_again_since_does_not_come_early(self) -> None:
        story = Story().to(PREFLIGHT)
        told = story.tell(TimerDue(name=f"deploy:{ID}:step"))
        assert told.reason == f"the timer 'deploy:{ID}:step' was armed again since"


@pytest.mark.parametrize("kernel", ["6.1.0-33-amd64", ""], ids=["another kernel", "an empty disk"])
def test_a_server_that_comes_back_another_is_examined_anew(kernel: str) -> None:
    story = Story().to(STAGED)
    number = story.deployment.number
    story.server.kernel = kernel or story.server.kernel
    story.server.staged.clear()
    story.todo.clear()
    story.server.restart()
    story.tell(de.ConnectionLost(deployment=ID, number=number, words="no route"))
    story.run()
    story.check_end()
    assert story.deployment.state is (ROLLED_BACK if kernel else COMMITTED)


def test_it_is_asked_for_once_and_answers_nothing_before() -> None:
    story = Story()
    assert story.tell(de.AbortAsked(deployment=ID)).reason == "this deployment was never asked for"
    assert story.ask().verdict is Verdict.INTERNAL
    assert story.ask().reason == "it was asked for before"
    assert story.tell(de.AbortAsked(deployment="d7")).reason == "that is about deployment d7"
