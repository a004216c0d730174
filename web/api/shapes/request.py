# SPDX-License-Identifier: Apache-2.0
"""Operator requests."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from statemachines.words import Role
from web.api.shapes.base import Shape


class Stage(StrEnum):
    """How far a request is. `done`: each command that followed from it was answered ok."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class CommandView(Shape):
    """A command that followed from a request; `result` is null until the device has answered."""

    role: Role
    cmd_seq: int
    verb: str = Field(examples=["motor"])
    arg: str = Field(examples=["run"])
    result: str | None = Field(examples=["ok"])


class RequestView(Shape):
    """What a person asked of a hall, and what came of it. An empty `hall` is the site."""

    id: UUID
    hall: str = Field(examples=["h1"])
    verb: str = Field(examples=["start"])
    args: list[str]
    actor: str = Field(examples=["eva"])
    asked_ms: int
    expires_ms: int
    stage: Stage
    verdict: str | None = Field(description="the machine's: transition, internal or refusal", examples=["transition"])
    reason: str = Field(examples=["the show was started"])
    commands: list[CommandView]
