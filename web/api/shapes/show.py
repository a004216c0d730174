# SPDX-License-Identifier: Apache-2.0
"""Shows and prints: as they are planned, as they are asked for, and what an import comes to."""

from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from adapters.store.show_runs import ShowState
from statemachines.show import Start
from statemachines.words import Verb
from web.api.params import HallId, Moment
from web.api.shapes.error import Trouble

Title = Annotated[str, Field(max_length=200, examples=["Metropolis"])]
Gauge = Annotated[int, Field(ge=1, le=1000, description="mm: 16, 35 or 70", examples=[35])]
Feet = Annotated[
    list[Annotated[int, Field(ge=1, le=1_000_000)]],
    Field(max_length=100, description="one entry a reel", examples=[[2000, 1950, 1800]]),
]


class CueShape(Schema):
    """When `frame` of `reel` has run, something of the room moves: lights, curtain or masking."""

    reel: int = Field(default=1, ge=1, le=1000)
    frame: int = Field(ge=0, le=2**31 - 1, examples=[4_800])
    verb: Verb = Field(examples=["lights"])
    arg: str = Field(max_length=40, examples=["up"])


Cues = Annotated[list[CueShape], Field(max_length=1000)]


class ShowView(Schema):
    """A show. `print` is its print in the book, whose title, gauge and feet are then told here."""

    id: UUID
    hall: str = Field(examples=["h1"])
    title: str = Field(examples=["Metropolis"])
    print: UUID | None
    gauge: int = Field(description="mm", examples=[35])
    feet: list[int] = Field(examples=[[2000, 1950, 1800]])
    starts_ms: int
    ends_ms: int = Field(description="when its reels have run, without the time between them")
    start: Start
    cues: list[CueShape]
    state: ShowState


class ShowList(Schema):
    """Shows by their start."""

    shows: list[ShowView]


class NewShow(Schema):
    """A show to plan: either a `print` of the book, or a title, gauge and feet."""

    hall: HallId
    starts_ms: Moment
    print: UUID | None = None
    title: Title = ""
    gauge: Gauge | None = None
    feet: Feet = Field(default=[])
    start: Start = Start.OPERATOR
    cues: Cues = Field(default=[])


class ShowChange(Schema):
    """What changes of a show; what is left out stays."""

    hall: HallId | None = None
    starts_ms: Moment | None = None
    print: UUID | None = None
    title: Title | None = None
    gauge: Gauge | None = None
    feet: Feet | None = None
    start: Start | None = None
    cues: Cues | None = None


class PrintView(Schema):
    """A print of the book."""

    id: UUID
    title: str = Field(examples=["Metropolis"])
    gauge: int = Field(description="mm", examples=[35])
    feet: list[int] = Field(examples=[[2000, 1950, 1800]])
    notes: str


class PrintList(Schema):
    """The print book, by title."""

    prints: list[PrintView]


class NewPrint(Schema):
    """A print for the book."""

    title: Title
    gauge: Gauge = 35
    feet: Feet
    notes: str = Field(default="", max_length=10_000)


class PrintChange(Schema):
    """What changes of a print; what is left out stays."""

    title: Title | None = None
    gauge: Gauge | None = None
    feet: Feet | None = None
    notes: str | None = Field(default=None, max_length=10_000)


class BadRow(Schema):
    """A row of a file that cannot be planned: lines of a table count from the names as 1, events from 1."""

    row: int
    words: str = Field(examples=["Hall 1 cannot run 70 mm film: it takes 35 mm"])


class ImportOutcome(Schema):
    """What came of a file. `unchanged` rows were planned just so before."""

    planned: list[ShowView]
    unchanged: int
    bad: list[BadRow]


class ImportTrouble(Trouble):
    """Why a file was not taken; `rows` names each bad row."""

    rows: list[BadRow] = Field(default=[])


class ImportRefused(Schema):
    """A file of which nothing was planned."""

    error: ImportTrouble
