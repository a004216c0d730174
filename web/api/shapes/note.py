# SPDX-License-Identifier: Apache-2.0
"""Notes of shifts."""

from ninja import Schema
from pydantic import Field


class NoteView(Schema):
    """A few words of an operator. One that was struck through stays readable, as on paper."""

    id: int = Field(examples=[7])
    hall: str = Field(description="empty: about the whole site", examples=["h1"])
    at_ms: int = Field(description="the time that it is about")
    text: str = Field(examples=["Reel 2 has a bad splice near its end."])
    author: str = Field(examples=["anna"])
    made_ms: int
    struck_ms: int | None = Field(description="when it was struck through")
    struck_by: str = Field(description="by whom, or empty")


class Notes(Schema):
    """A page, newest first."""

    notes: list[NoteView]
    next: int | None = Field(description="goes into `before` for the page that follows, null when there is none")
