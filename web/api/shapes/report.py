# SPDX-License-Identifier: Apache-2.0
"""What a show was like, made from the log."""

from ninja import Schema
from pydantic import Field

from statemachines.words import Role
from web.api.shapes.note import NoteView


class ReportLine(Schema):
    """One show in a list. `pos` is the position at which it began: the report's address."""

    pos: int = Field(examples=[48_211])
    hall: str = Field(examples=["h1"])
    name: str = Field(description="what people call the hall", examples=["Hall 1"])
    title: str | None = Field(description="of the planned show that it was, null for none", examples=["Metropolis"])
    started_ms: int
    ended_ms: int | None = Field(description="when the picture was over; null while the show goes on")
    ended: str = Field(description="why it was over, empty while it goes on", examples=["the film was stopped"])
    complete: bool = Field(description="it ended with the end of its last reel")
    reels: int = Field(description="reels that were begun", examples=[3])
    stops: int = Field(description="how often it was stopped before its end")
    faults: int


class Reports(Schema):
    """Shows of a hall, newest first."""

    reports: list[ReportLine]
    next: int | None = Field(description="goes into `before` for the page that follows, null when there is none")


class ReelRun(Schema):
    """One reel. `feet` is its listed length, null when it is not known."""

    reel: int = Field(description="from 1", examples=[1])
    feet: int | None = Field(examples=[2000])
    started_ms: int
    ended_ms: int | None


class Stop(Schema):
    """The picture was stopped. `until_ms`: when it went on, null when it did not."""

    at_ms: int
    until_ms: int | None
    words: str = Field(examples=["the film was stopped"])
    who: str = Field(description="who stopped it, empty where nobody did", examples=["anna"])


class FaultRun(Schema):
    """The hall was in fault until `until_ms`; the picture went on at `picture_ms`. Null: not within the show."""

    at_ms: int
    until_ms: int | None
    picture_ms: int | None
    words: str = Field(examples=["the film broke: thread it again"])
    also: list[str] = Field(description="what else was in the way")


class OffsetRange(Schema):
    """Sound − film while there was picture, in µs."""

    min_us: int = Field(examples=[-9_000])
    median_us: int = Field(examples=[-2_000])
    max_us: int = Field(examples=[11_000])
    readings: int = Field(examples=[5_400])


class SessionGap(Schema):
    """A session was lost until it was up again."""

    role: Role
    at_ms: int
    until_ms: int | None
    words: str


class AlarmRun(Schema):
    """An alarm was raised; `until_ms`: when its cause was gone."""

    name: str = Field(examples=["door_open"])
    words: str
    at_ms: int
    until_ms: int | None


class RefusedCommand(Schema):
    """A command that a device did not carry out."""

    role: Role
    at_ms: int
    command: str = Field(examples=["dowser open"])
    result: str = Field(examples=["refused:interlock"])


class Asked(Schema):
    """What somebody asked of the hall, and what it made of it."""

    at_ms: int
    who: str = Field(examples=["anna"])
    what: str = Field(examples=["stop"])
    done: bool = Field(description="false: it was refused")
    words: str = Field(examples=["the film was stopped"])


class Report(ReportLine):
    """Everything of one show. Times of a show that goes on are as of now."""

    summary: list[str] = Field(description="the whole in a few sentences")
    gauge: int | None = Field(description="mm", examples=[35])
    light_ms: int = Field(description="how long there was light on film")
    runs: list[ReelRun]
    stopped: list[Stop]
    broken: list[FaultRun]
    alarms: list[AlarmRun]
    offset: OffsetRange | None = Field(description="null where no timecode was read")
    sessions_lost: list[SessionGap]
    rotations: dict[Role, int] = Field(description="new keys of each session")
    events_lost: int = Field(description="hardware events that were lost for good")
    refused: list[RefusedCommand]
    asked: list[Asked]
    notes: list[NoteView]
