# SPDX-License-Identifier: Apache-2.0
"""A hall's machine as a picture: places, paths, counts, and what is active."""

from pydantic import Field

from statemachines.words import Role, State
from web.api.shapes.base import Shape
from web.api.shapes.hall import DeadlineView, LastEdge
from web.api.shapes.outlook import OutlookView


class Dwell(Shape):
    """How long the hall stays in a state: percentiles over the window."""

    p50_ms: int
    p90_ms: int
    p99_ms: int


class StatePlace(Shape):
    """A state and its place in the picture; `count`: how often it was entered within the window."""

    name: State
    title: str = Field(examples=["Projecting"])
    x: int = Field(description="of its left edge")
    y: int = Field(description="of its top edge")
    width: int
    height: int
    count: int
    dwell: Dwell | None = Field(description="null when it was not left within the window")


class Move(Shape):
    """A change from one state to another, with all triggers that make it."""

    source: State
    dest: State
    path: str = Field(description="d of an SVG path from edge to edge", examples=["M 132 36 L 236 36"])
    to_fault: bool
    triggers: list[str] = Field(examples=[["film_inserted", "hold_lifted"]])
    count: int = Field(description="how often it fired within the window")
    last_ms: int | None = Field(description="when it last fired within the window")


class EdgeView(Shape):
    """One row of the machine's table."""

    name: str = Field(examples=["idle>threading:film_inserted"])
    trigger: str = Field(examples=["film_inserted"])
    source: State
    dest: State
    internal: bool = Field(description="a reaction that leaves the state as it is")
    meaning: str = Field(examples=["film was put into the path"])
    guards: list[str] = Field(examples=[["not_held"]])
    opens: list[Role] = Field(description="sessions that the hall wants in dest and not, by its state, in source")
    closes: list[Role] = Field(description="sessions that the hall wants in source and not, by its state, in dest")


class Graph(Shape):
    """One hall's machine. Its layout never changes: a reader learns it once."""

    hall: str = Field(examples=["h1"])
    width: int
    height: int
    window_ms: int = Field(description="counts and dwell times look back so far")
    active: State
    since_ms: int
    deadline: DeadlineView | None
    last_edge: LastEdge | None
    states: list[StatePlace]
    moves: list[Move]
    edges: list[EdgeView]
    can: list[OutlookView]
