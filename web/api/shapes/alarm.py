# SPDX-License-Identifier: Apache-2.0
"""Alarms."""

from pydantic import Field

from statemachines.alarms import AlarmState
from web.api.shapes.base import Shape


class AlarmView(Shape):
    """One alarm of one hall. What follows from a root cause is folded under it: its `root` names that alarm."""

    hall: str = Field(examples=["h2"])
    name: str = Field(examples=["film_break"])
    words: str = Field(examples=["the film broke: thread it again"])
    state: AlarmState
    since_ms: int
    until_ms: int | None = Field(description="when its shelving ends")
    root: str = Field(description="the alarm that it is folded under, or empty", examples=[""])
    consequences: list[str] = Field(description="names of the alarms that are folded under it")


class Alarms(Shape):
    alarms: list[AlarmView]
