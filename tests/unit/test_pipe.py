# SPDX-License-Identifier: Apache-2.0
"""The way of commands to one device, told as short stories: what is written when, and what the hall is answered."""

import pytest

from statemachines.effects import Command
from statemachines.pipe import Pipe
from statemachines.pipe_outputs import Done, Drop, Hello, Overdue, Ready, Send
from statemachines.words import Role, Verb

MS = 1_000_000
FAR = 10**15


def command(seq: int, verb: Verb = Verb.LIGHTS, *, safety: bool = False) -> Command:
    return Command(role=Role.PROJECTION, cmd_seq=seq, verb=verb, safety=safety)


def stop(seq: int) -> Command:
    return command(seq, Verb.SAFE_STOP, safety=True)


def open_pipe(highest: int = 0) -> Pipe:
    pipe = Pipe(highest)
    assert pipe.linked(1, FAR, 0) == (Hello(1, 1, highest),)
    assert pipe.welcomed(1, 7, highest, "", 0) == (Ready(1, 1, highest),)
    return pipe


def test_one_command_is_out_at_a_time() -> None:
    pipe = open_pipe()
    assert pipe.offer(command(1), 0) == (Send(1, 1, command(1)),)
    assert pipe.offer(command(2), 0) == ()
    assert pipe.answered(1, 1, "ok", MS) == (Done(1, "ok"), Send(1, 1, command(2)))
    assert pipe.answered(1, 2, "refused:interlock", MS) == (Done(2, "refused:interlock"),)
    assert pipe.idle


def test_nothing_is_queued_for_a_session_that_is_not_up() -> None:
    pipe = Pipe()
    assert pipe.offer(stop(1), 0) == (Done(1, "failed:down"),)
    pipe.linked(1, FAR, 0)
    pipe.welcomed(1, 7, 0, "", 0)
    assert pipe.up


def test_a_command_that_comes_during_the_first_hello_leaves_no_gap() -> None:
    pipe = Pipe()
    pipe.linked(1, FAR, 0)
    assert pipe.offer(command(1), 0) == (Done(1, "failed:down"),)
    assert pipe.welcomed(1, 7, 0, "", 0) == (Hello(1, 2, 1),)
    assert pipe.welcomed(1, 7, 0, "", 0) == (Ready(1, 2, 0),)
    assert pipe.offer(command(2), 0) == (Send(1, 2, command(2)),)


def test_numbers_that_another_controller_used_up_are_answered_here() -> None:
    pipe = Pipe()
    pipe.linked(1, FAR, 0)
    assert pipe.welcomed(1, 7, 40, "ok", 0) == (Ready(1, 1, 40),)
    assert pipe.offer(command(1), 0) == (Done(1, "failed:down"),)
    assert pipe.offer(command(41), 0) == (Send(1, 1, command(41)),)


def test_a_safe_stop_passes_what_waits() -> None:
    pipe = open_pipe()
    for seq in (1, 2, 3):
        pipe.offer(command(seq), 0)
    assert pipe.offer(stop(4), 0) == (Done(2, "refused:gap"), Done(3, "refused:gap"), Send(1, 1, stop(4)))


def test_another_safety_command_takes_what_waits_along_because_it_must_not_leave_a_gap() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.offer(command(2), 0)
    dowser = command(3, Verb.DOWSER, safety=True)
    assert pipe.offer(dowser, 0) == (Send(1, 1, command(2)), Send(1, 1, dowser))


def test_a_command_without_an_answer_is_overdue_once_after_two_seconds() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    assert pipe.deadline_ns() == 2000 * MS
    assert pipe.tick(1999 * MS) == ()
    assert pipe.tick(2000 * MS) == (Overdue(1),)
    assert pipe.tick(3000 * MS) == ()


def test_after_a_loss_nothing_is_sent_again() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.offer(command(2), 0)
    assert pipe.link_down(1, 0) == (Done(1, "failed:unknown"), Done(2, "failed:down"))
    assert not pipe.up
    assert pipe.linked(2, FAR, 0) == (Hello(2, 2, 2),)


def test_a_late_answer_from_a_lost_link_is_nobodys() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.link_down(1, 0)
    assert pipe.answered(1, 1, "ok", 0) == ()


def test_a_link_past_its_certificates_end_carries_nothing() -> None:
    pipe = Pipe()
    pipe.linked(1, 100 * MS, 0)
    pipe.welcomed(1, 7, 0, "", 0)
    assert pipe.offer(stop(1), 100 * MS) == (Done(1, "failed:down"),)


def test_a_quiet_session_rotates_at_once() -> None:
    pipe = open_pipe()
    assert pipe.linked(2, FAR, 0) == (Hello(2, 2, 0),)
    assert pipe.offer(command(1), 0) == ()  # held
    assert pipe.welcomed(2, 7, 0, "", 0) == (Ready(2, 2, 0), Send(2, 2, command(1)), Drop(1))


def test_a_rotation_waits_for_the_answer_on_its_way() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    assert pipe.linked(2, FAR, 0) == ()
    assert pipe.offer(command(2), 0) == ()
    assert pipe.answered(1, 1, "ok", MS) == (Done(1, "ok"), Hello(2, 2, 1))
    assert pipe.welcomed(2, 7, 1, "ok", 2 * MS) == (Ready(2, 2, 1), Send(2, 2, command(2)), Drop(1))


def test_after_500_ms_the_one_on_its_way_is_found_at_the_device() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 10 * MS)
    assert pipe.deadline_ns() == 510 * MS
    assert pipe.tick(509 * MS) == ()
    assert pipe.tick(510 * MS) == (Hello(2, 2, 0),)
    assert pipe.welcomed(2, 7, 1, "refused:local", 511 * MS) == (
        Done(1, "refused:local"),
        Ready(2, 2, 1),
        Drop(1),
    )


def test_after_500_ms_the_one_on_its_way_is_sent_again_under_its_own_number() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.tick(500 * MS)
    assert pipe.welcomed(2, 7, 0, "", 501 * MS) == (Ready(2, 2, 0), Send(2, 2, command(1)), Drop(1))
    assert pipe.answered(1, 1, "refused:stale", 502 * MS) == ()
    assert pipe.answered(2, 1, "ok", 503 * MS) == (Done(1, "ok"),)


def test_a_safe_stop_goes_over_the_old_link_before_hello() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    assert pipe.offer(stop(2), MS) == (Send(1, 1, stop(2)),)


def test_a_safe_stop_leaves_a_mute_link_after_250_ms_and_passes_what_never_arrived() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.offer(stop(2), 10 * MS)
    assert pipe.deadline_ns() == 260 * MS
    assert pipe.tick(260 * MS) == (Hello(2, 2, 0),)
    assert pipe.welcomed(2, 7, 0, "", 261 * MS) == (
        Done(1, "refused:gap"),
        Ready(2, 2, 0),
        Send(2, 2, stop(2)),
        Drop(1),
    )


def test_a_safe_stop_that_was_mute_before_the_successor_stood_does_not_wait_again() -> None:
    pipe = open_pipe()
    pipe.offer(stop(1), 0)
    assert pipe.linked(2, FAR, 300 * MS) == (Hello(2, 2, 0),)


def test_a_safe_stop_during_hello_follows_it_over_the_new_link() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    assert pipe.offer(stop(1), 0) == (Send(2, 2, stop(1)),)
    assert pipe.welcomed(2, 7, 0, "", 0) == (Ready(2, 2, 0), Drop(1))
    assert pipe.answered(2, 1, "ok", MS) == (Done(1, "ok"),)


def test_a_safe_stop_behind_a_hello_passes_what_the_old_link_never_answered() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.tick(500 * MS)
    pipe.offer(command(2), 501 * MS)
    assert pipe.offer(stop(3), 502 * MS) == (Done(2, "refused:gap"), Send(2, 2, stop(3)))
    assert pipe.welcomed(2, 7, 1, "ok", 503 * MS) == (Done(1, "ok"), Ready(2, 2, 1), Drop(1))


def test_a_safe_stop_behind_a_mute_hello_is_tried_on_the_old_link_too() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(stop(1), 10 * MS)
    assert pipe.deadline_ns() == 260 * MS
    assert pipe.tick(260 * MS) == (Send(1, 1, stop(1)),)
    assert pipe.tick(300 * MS) == ()
    assert pipe.answered(1, 1, "refused:stale", 301 * MS) == ()
    assert pipe.welcomed(2, 7, 0, "", 302 * MS) == (Ready(2, 2, 0), Send(2, 2, stop(1)), Drop(1))


def test_a_safe_stop_behind_a_mute_hello_is_not_due_for_ever_when_the_old_link_is_of_no_use() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(stop(1), 10 * MS)
    pipe.link_down(1, 20 * MS)
    assert pipe.tick(260 * MS) == ()
    assert pipe.deadline_ns() == 2010 * MS


def test_another_safety_command_during_hello_takes_what_waits_along_over_the_new_link() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(command(1), 0)
    dowser = command(2, Verb.DOWSER, safety=True)
    assert pipe.offer(dowser, 0) == (Send(2, 2, command(1)), Send(2, 2, dowser))
    assert pipe.offer(stop(3), 0) == (Send(2, 2, stop(3)),)
    assert pipe.welcomed(2, 7, 0, "", 0) == (Ready(2, 2, 0), Drop(1))


def test_another_safety_command_during_hello_does_not_pass_what_the_old_link_never_answered() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.tick(500 * MS)
    dowser = command(2, Verb.DOWSER, safety=True)
    assert pipe.offer(dowser, 501 * MS) == (Send(1, 1, dowser),)


def test_a_rotation_that_ends_before_hello_is_invisible() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.offer(command(2), 0)
    assert pipe.link_down(2, MS) == ()
    assert pipe.answered(1, 1, "ok", MS) == (Done(1, "ok"), Send(1, 1, command(2)))


def test_an_old_link_that_dies_while_the_successor_stands_costs_nothing() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    assert pipe.link_down(1, MS) == (Hello(2, 2, 0),)
    assert pipe.welcomed(2, 7, 0, "", MS) == (Ready(2, 2, 0), Send(2, 2, command(1)), Drop(1))


def test_a_successor_that_dies_during_hello_takes_the_session_down() -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    pipe.offer(command(1), 0)
    assert pipe.link_down(2, MS) == (Done(1, "failed:down"),)
    assert not pipe.up


def test_a_device_that_restarted_during_a_rotation_is_sent_nothing_twice() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    pipe.linked(2, FAR, 0)
    pipe.offer(command(2), 0)
    pipe.tick(500 * MS)
    new_epoch = 8
    assert pipe.welcomed(2, new_epoch, 0, "", 501 * MS) == (Done(1, "failed:unknown"), Hello(2, 3, 1))
    assert pipe.welcomed(2, new_epoch, 0, "", 502 * MS) == (Ready(2, 3, 0), Send(2, 3, command(2)), Drop(1))


@pytest.mark.parametrize("link", [1, 3])
def test_a_welcome_that_nobody_waits_for_changes_nothing(link: int) -> None:
    pipe = open_pipe()
    pipe.linked(2, FAR, 0)
    assert pipe.welcomed(link, 7, 0, "", 0) == ()


def test_closing_answers_everything() -> None:
    pipe = open_pipe()
    pipe.offer(command(1), 0)
    assert pipe.all_down() == (Done(1, "failed:unknown"),)
    assert pipe.deadline_ns() is None
