# SPDX-License-Identifier: Apache-2.0
"""A stretch of the past, as lanes over one time axis."""

from pydantic import Field

from statemachines.session_value import SessionState
from statemachines.words import Role, State
from web.api.shapes.base import Shape


class StateSpan(Shape):
    state: State
    from_ms: int
    to_ms: int


class SessionSpan(Shape):
    """A session's state over a while; a rotation shows as a new `gen`."""

    state: SessionState
    from_ms: int
    to_ms: int
    gen: int


class AlarmSpan(Shape):
    name: str
    words: str
    from_ms: int
    to_ms: int | None = Field(description="null when it outlasts the stretch")


class Past(Shape):
    """Lanes of one hall."""

    hall: str
    from_ms: int
    to_ms: int
    states: list[StateSpan]
    sessions: dict[Role, list[SessionSpan]]
    offsets: list[tuple[int, int]] = Field(description="[at_ms, sound − film in µs], at most 600, evenly thinned")
    alarms: list[AlarmSpan]
