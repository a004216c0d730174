# SPDX-License-Identifier: Apache-2.0
"""Reels: what runs through every gate."""

from pydantic import Field

from statemachines.words import State
from web.api.shapes.base import Shape
from web.api.shapes.hall import FilmView, ProjectorView, SoundView


class ReelView(Shape):
    """A hall's film, its projector and its sound."""

    hall: str = Field(examples=["h1"])
    state: State
    live: bool
    film: FilmView | None
    projector: ProjectorView
    sound: SoundView | None
    offset_ms: int | None = Field(description="sound − film, rounded", examples=[-6])


class Reels(Shape):
    reels: list[ReelView]
