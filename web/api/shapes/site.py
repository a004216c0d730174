# SPDX-License-Identifier: Apache-2.0
"""The site as a whole."""

from enum import StrEnum

from pydantic import Field

from web.api.shapes.base import Shape


class RuntimeState(StrEnum):
    """`live`: its heartbeat is younger than 5 s; `dead`: it is older; `never`: no runtime has run here yet."""

    LIVE = "live"
    DEAD = "dead"
    NEVER = "never"


class Site(Shape):
    """One cinema. A quiet hall on a live runtime is no fault; on a dead one everything is old."""

    id: str = Field(examples=["rialto"])
    name: str = Field(examples=["Rialto"])
    version: str = Field(description="of this server", examples=["0.1.0"])
    zone: str = Field(description="IANA name of the zone of the site's clocks", examples=["Europe/Berlin"])
    now_ms: int = Field(description="the server's clock as it answered", examples=[1_767_225_600_000])
    pos: int = Field(description="the newest position of the log: the stream's cursor", examples=[48_211])
    runtime: RuntimeState
    beat_ms: int | None = Field(description="when the runtime last showed life", examples=[1_767_225_599_400])
