# SPDX-License-Identifier: Apache-2.0
"""Rows of the log."""

from typing import Any

from pydantic import Field

from web.api.shapes.base import Shape


class EventView(Shape):
    """One row. `before` and `after` are state words; `words` and `reason` are sentences in the site's time."""

    pos: int = Field(description="its place in the log: the cursor", examples=[48_211])
    hall: str = Field(description="its stream", examples=["h1"])
    log_seq: int = Field(description="its number within the stream", examples=[1_204])
    subject: str = Field(description="hall, or session:ROLE", examples=["hall"])
    at_ms: int
    kind: str = Field(examples=["show_started"])
    source: str = Field(examples=["operator"])
    verdict: str = Field(examples=["transition"])
    edge: str = Field(examples=["threading>projecting:show_started"])
    before: str = Field(examples=["threading"])
    after: str = Field(examples=["projecting"])
    reason: str = Field(description="why it came out so", examples=["the show was started"])
    words: str = Field(description="the row in one line", examples=["threading → projecting: the show was started"])
    effects: list[dict[str, Any]] = Field(description="what it asked of the outside world")
    payload: dict[str, Any]
    cause: str = Field(description="number of the row that it follows from, or empty", examples=["1203"])
    request: str | None = Field(description="the operator request that it answers")


class Events(Shape):
    """A page. `next` goes into the parameter that the page was asked with: `after`, or `before`."""

    events: list[EventView]
    next: int | None = Field(description="the cursor of the page that follows, null when there is none")
