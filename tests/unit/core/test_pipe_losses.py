# SPDX-License-Identifier: Apache-2.0
"""What a pipe makes of links that end, restart or stay silent, where it must not do more than it knows."""

from statemachines.effects import Command
from statemachines.pipe import Pipe
from statemachines.pipe_outputs import Done, Drop, Hello, Ready, Send
from statemachines.words import Role, Verb

MS = 1_000_000
FAR = 10**15
STOP = Command(role=Role.PROJECTION, cmd_seq=1, verb=Verb.SAFE_STOP, safety=True)
LIGHTS = Command(role=Role.PROJECTION, cmd_seq=1, verb=Verb.LIGHTS)


def open_pipe() -> Pipe:
    pipe = Pipe()
    pipe.linked(1, FAR, 0)
    pipe.welcomed(1, 7, 0, "", 0)
    return pipe


def test_an_answer_that_a_device_is_claimed_by_another_is_told_while_no_key_is_changed() -> None:
    pipe = open_pipe()
    pipe.offer(LIGHTS, 0)
    assert pipe.answered(1, 1, "refused:stale", MS) == (Done(1, "refused:stale"),)


def test_an_answer_during_hello_counts_whatever_it_says_but_stale() -> None:
    pipe = open_pipe()
    pipe.offer(LIGHTS, 0)
    pipe.linked(2, FAR, 0)
    pipe.tick(500 * MS)
    assert pipe.answered(1, 1, "ok", 501 * MS) == (Done(1, "ok"),)


def test_a_safe_stop_that_follows_a_hello_to_a_restarted_device_still_waits_for_its_answer() -> None:
    pipe = open_pipe()
    assert pipe.linked(2, FAR, 0) == (Hello(2, 2, 0),)
    assert pipe.offer(STOP, 0) == (Send(2, 2, STOP),)
    assert pipe.welcomed(2, 8, 0, "", MS) == (Ready(2, 2, 0), Drop(1))
    assert not pipe.idle
    assert pipe.answered(2, 1, "ok", 2 * MS) == (Done(1, "ok"),)


def test_the_end_of_a_link_that_is_none_of_ours_changes_nothing() -> None:
    assert Pipe().link_down(1, 0) == ()
    pipe = open_pipe()
    pipe.offer(LIGHTS, 0)
    assert pipe.link_down(9, 0) == ()
    assert pipe.up
    assert pipe.answered(1, 1, "ok", MS) == (Done(1, "ok"),)


def test_a_hello_has_its_time_before_a_safe_stop_goes_back_to_the_old_link() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(STOP, 10 * MS)
    assert pipe.tick(259 * MS) == ()
    assert pipe.tick(260 * MS) == (Send(1, 1, STOP),)


def test_a_number_is_used_once() -> None:
    pipe = open_pipe()
    pipe.offer(LIGHTS, 0)
    pipe.answered(1, 1, "ok", MS)
    assert pipe.offer(LIGHTS, 2 * MS) == (Done(1, "failed:down"),)


def test_an_answer_to_no_command_of_ours_is_nobodys() -> None:
    assert open_pipe().answered(1, 99, "ok", MS) == ()


def test_a_command_waits_for_the_successor_of_a_link_whose_certificate_ended() -> None:
    pipe = Pipe()
    pipe.linked(1, 100 * MS, 0)
    pipe.welcomed(1, 7, 0, "", 0)
    assert pipe.linked(2, FAR, 90 * MS) == (Hello(2, 2, 0),)
    assert pipe.offer(LIGHTS, 150 * MS) == ()
    assert pipe.welcomed(2, 7, 0, "", 160 * MS) == (Ready(2, 2, 0), Send(2, 2, LIGHTS), Drop(1))


def test_a_number_that_the_device_saw_and_we_never_wrote_was_somebody_elses() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(LIGHTS, 0)
    assert pipe.welcomed(2, 7, 1, "ok", MS) == (Done(1, "failed:down"), Ready(2, 2, 1), Drop(1))


def test_a_device_tells_the_result_of_its_last_command_alone() -> None:
    pipe = open_pipe()
    stop = Command(role=Role.PROJECTION, cmd_seq=2, verb=Verb.SAFE_STOP, safety=True)
    pipe.offer(LIGHTS, 0)
    pipe.offer(stop, 0)
    pipe.linked(2, FAR, 0)
    pipe.tick(500 * MS)
    assert pipe.welcomed(2, 7, 2, "ok", 501 * MS) == (
        Done(1, "failed:unknown"),
        Done(2, "ok"),
        Ready(2, 2, 2),
        Drop(1),
    )
