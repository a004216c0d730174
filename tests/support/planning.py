# SPDX-License-Identifier: Apache-2.0
"""A hall whose shows are planned, in stories."""

from msgspec.structs import replace

from statemachines import events as e
from statemachines.effects import NoteShow
from statemachines.settings import MINUTE, SECOND
from statemachines.show import Show
from tests.support.story import Story


def planned(story: Story, *, minutes: int = 60, **fields: object) -> Show:
    """A show that starts so many minutes from now."""
    show = Show(id="s1", title="Metropolis", starts_ns=story.hall.at_ns + minutes * MINUTE)
    return replace(show, **fields)


def schedule(story: Story, *, minutes: int = 60, **fields: object) -> Show:
    """Plan it, and tell the hall."""
    show = planned(story, minutes=minutes, **fields)
    story.take(e.ShowScheduled(show=show))
    return show


def until(story: Story, at_ns: int) -> None:
    """Let time pass: the hall's own timer for shows comes each time that it asked for."""
    while (armed := story.hall.armed("show_due")) is not None and armed.at_ns <= at_ns:
        story._now_ns = armed.at_ns - SECOND // 10
        story.due("show_due")
    story._now_ns = max(story._now_ns, at_ns)
    story.take(e.ClockStepped(delta_ns=0))


def notes(story: Story) -> list[tuple[str, str]]:
    return [(each.show, each.stage) for taken in story.steps for each in taken.effects if isinstance(each, NoteShow)]


def threaded(story: Story) -> None:
    story.hear(e.FilmInserted)
    story.hear(e.FilmReady)
    story.answer()
    story.hear(e.LampLit)


def begun(**fields: object) -> Story:
    """A show that was planned runs at speed, with light on it."""
    story = Story().idle()
    schedule(story, minutes=10, **fields)
    threaded(story)
    story.ask("start")
    story.answer()
    story.hear(e.MotorAtSpeed)
    story.answer()
    story.hear(e.DowserMoved, open=True)
    return story
