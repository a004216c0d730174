# SPDX-License-Identifier: Apache-2.0
"""A planned programme of two reels, told up to where a test begins."""

from msgspec.structs import replace

from statemachines import events as e
from statemachines.settings import MINUTE, Settings
from statemachines.show import Show
from statemachines.words import State
from tests.support.story import Story

TWO = Settings(feet=(2000, 2000))


def second_reel(story: Story) -> Story:
    """The second reel of a planned programme of two is threaded and ready, the lamp burns, the show has begun."""
    story.idle()
    show = Show(id="s1", title="Metropolis", starts_ns=story.hall.at_ns + 10 * MINUTE, feet=TWO.feet)
    story.take(e.ShowScheduled(show=show))
    story.hear(e.FilmInserted)
    story.hear(e.FilmReady)
    story.answer()
    story.hear(e.LampLit)
    first_half(story)
    story.hear(e.FilmInserted)
    story.hear(e.FilmReady)
    story.answer()
    assert (story.hall.film.reel, story.hall.film.ready, story.state) == (2, True, State.THREADING)
    return story


def first_half(story: Story) -> Story:
    """The first reel is shown, its tail has run out, it was taken out."""
    runs(story)
    story.hear(e.ReelEnded, frame=31_990)
    story.answer()
    story.hear(e.MotorStopped)
    story.hear(e.FilmRemoved)
    return story


def runs(story: Story) -> Story:
    """What is threaded is started, and has light on it."""
    story.ask("start")
    story.answer()
    story.hear(e.MotorAtSpeed)
    story.answer()
    story.hear(e.DowserMoved, open=True)
    return story


def second_half(story: Story) -> Story:
    return runs(second_reel(story))


def between(story: Story) -> Story:
    """The first reel of two is out, the second is awaited, and the lamp kept lit for it."""
    story.threaded()
    return first_half(story)


def rewinding_it(story: Story) -> Story:
    second_reel(story)
    show = story.hall.show
    story.ask("rewind")
    story.answer()
    # A show that nobody ended: however that came to be, an empty hall has none.
    story.hall = replace(story.hall, show=show)
    return story
