# SPDX-License-Identifier: Apache-2.0
"""A projector that ran on without its controller: people are told when the link is back, and only of a picture."""

import pytest

from statemachines import events as e
from statemachines.alarms import AlarmState, find
from statemachines.words import Role, State, Verdict
from tests.support.story import P, S, Story

RAN_ON = "the controller was away for longer than the projector's lease: the show went on by itself"


def back(story: Story, role: Role = P, *, lease_ended: bool = True) -> None:
    story.take(e.SessionUp(role=role, gen=7, last=0, lease_ended=lease_ended), e.Source.SESSION)


def test_it_is_told_when_the_link_is_back_and_over_when_the_hardware_is_read() -> None:
    story = Story().showing()
    story.lost()
    back(story)
    assert story.asked == ["alarm lease_ended", "session_lost_projection is over"]
    last = story.steps[-1]
    assert (last.verdict, last.reason) == (Verdict.INTERNAL, "the projector had run on without its controller")
    alarm = find(story.hall.alarms, "lease_ended")
    assert alarm is not None
    assert alarm.words == RAN_ON
    story.read()
    assert story.alarm("lease_ended") == AlarmState.RETURNED, "a person has yet to see it"
    story.ask("acknowledge", "lease_ended")
    assert story.alarm("lease_ended") is None


def test_a_show_that_ran_to_its_tail_meanwhile_leaves_the_alarm_to_be_seen() -> None:
    story = Story().showing()
    story.lost()
    back(story)
    story.hear(e.ReelEnded, frame=31_990)
    assert story.state is State.REWINDING
    assert story.alarm("lease_ended") == AlarmState.RETURNED


@pytest.mark.parametrize(
    ("begun", "role", "lease_ended"),
    [
        (Story.showing, P, False),
        (Story.showing, S, True),
        (Story.threaded, P, True),
        (Story.idle, P, True),
    ],
    ids=["in good time", "the sound rack", "film that stood", "no film"],
)
def test_nobody_is_told_of(begun: object, role: Role, lease_ended: bool) -> None:
    assert callable(begun)
    story: Story = begun(Story())
    story.lost(role)
    back(story, role, lease_ended=lease_ended)
    assert story.alarm("lease_ended") is None


def test_film_that_starts_has_no_picture_to_go_on_with() -> None:
    story = Story().threaded()
    story.hear(e.ShowStarted)
    story.lost()
    back(story)
    assert story.state is State.PROJECTING
    assert story.alarm("lease_ended") is None
