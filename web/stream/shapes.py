# SPDX-License-Identifier: Apache-2.0
"""What the stream's events carry, and what a ticket is. Times are ms since 1970, UTC."""

from ninja import Schema
from pydantic import Field

from statemachines.words import Role
from web.api.shapes.event import EventView
from web.api.shapes.hall import HallView
from web.api.shapes.site import Site


class Hello(Schema):
    """`hello`, first on every connection. Rows after its `id` follow."""

    site: Site
    halls: list[HallView]
    gap: bool = Field(description="rows between the cursor that was sent and this event's id will not come")


class Rows(Schema):
    """`rows`: what was written since, at most ten times a second, and the halls that it changed, as of now."""

    events: list[EventView]
    halls: list[HallView]


class HallBeat(Schema):
    """That a hall's task lives, and how far its servers are."""

    beat_ms: int | None
    live: bool
    round_trip_us: dict[Role, int]


class Beat(Schema):
    """`beat`, every 2 s."""

    site: Site
    halls: dict[str, HallBeat]


class Bye(Schema):
    """`bye`, the last event of a connection that the server ends."""

    reason: str = Field(examples=["You read too slowly: come again, from where you are."])
    resume: int = Field(description="everything up to this position has been sent", examples=[48_211])


class Ticket(Schema):
    """A way into the stream for whoever can send no header: good once, within 60 s."""

    ticket: str
    expires_ms: int
