# SPDX-License-Identifier: Apache-2.0
"""A hall as people see it: its state, and the context that the state carries."""

from enum import StrEnum

from pydantic import Field

from statemachines.show import Start
from statemachines.words import Lamp, Latch, Lights, Motor, Sound, State, Tension
from web.api.shapes.alarm import AlarmView
from web.api.shapes.base import Shape
from web.api.shapes.outlook import OutlookView
from web.api.shapes.session import SessionView
from web.api.shapes.site import Site


class Runs(StrEnum):
    """Which way the film runs."""

    NO = "no"
    FORWARD = "forward"
    BACK = "back"


class DeadlineView(Shape):
    """The next moment at which the hall acts, or asks for eyes, by itself. `span_ms` is what it was given."""

    name: str = Field(examples=["threading_overdue"])
    words: str = Field(examples=["the film should be threaded"])
    at_ms: int
    span_ms: int


class LastEdge(Shape):
    """The last edge that changed the hall's state."""

    name: str = Field(examples=["threading>projecting:show_started"])
    trigger: str = Field(examples=["show_started"])
    source: State
    dest: State
    meaning: str = Field(examples=["the show was started"])
    at_ms: int


class FilmView(Shape):
    """What is in the film path. Feet and time left are those of the reel that runs."""

    title: str | None = Field(examples=["Metropolis"])
    gauge: int = Field(description="mm", examples=[35])
    reel: int = Field(description="from 1", examples=[2])
    reels: int = Field(examples=[6])
    frame: int = Field(examples=[18_240])
    feet_run: int = Field(examples=[1_140])
    feet: int = Field(description="everything on this reel", examples=[2_000])
    left_ms: int | None = Field(description="until its end, or when it runs back its beginning", examples=[573_000])
    ready: bool
    tail: bool
    between: bool = Field(description="the last reel ended and the next one is awaited")
    broken: bool
    runs: Runs


class ProjectorView(Shape):
    """The projection device as last reported."""

    motor: Motor
    at_speed: bool
    dowser_open: bool
    lamp: Lamp
    tension: Tension
    lights: Lights
    door_open: bool
    estop: bool


class SoundView(Shape):
    """The sound device as last reported. `offset_us` = sound − film, null while no show tells it."""

    mode: Sound
    offset_us: int | None = Field(examples=[-6_000])
    heard_ms: int | None = Field(description="when timecode last came")
    band_us: int = Field(description="within ± this much the sound sits on its picture", examples=[20_833])


class HoldView(Shape):
    """A reason for which the hall refuses film."""

    name: str = Field(examples=["maintenance"])
    reason: str


class NextShow(Shape):
    """What is planned next, and when the hall's sessions open for it."""

    id: str
    title: str = Field(examples=["Metropolis"])
    starts_ms: int
    sessions_open_ms: int
    start: Start = Field(description="who starts it")


class HallView(Shape):
    """One hall, whole."""

    id: str = Field(examples=["h1"])
    name: str = Field(examples=["Hall 1"])
    state: State
    label: str = Field(description="its condition in a few words", examples=["Projecting"])
    since_ms: int = Field(description="when it entered this state, 0 when it has never changed")
    at_ms: int = Field(description="the time of its newest row, 0 when it has none")
    log_seq: int = Field(description="its newest row's number, 0 when it has none", examples=[1_204])
    beat_ms: int | None = Field(description="when its task last showed life; null when it never ran")
    live: bool = Field(description="its heartbeat is younger than 5 s; else everything here is old")
    replayed: bool = Field(default=False, description="this is a past instant, folded from the log")
    recovered: bool = Field(description="its hardware has been read since the runtime started")
    local: bool = Field(description="under local control: hands are in the machine")
    held: list[HoldView]
    latched: list[Latch] = Field(description="faults that the hardware keeps latched")
    deadline: DeadlineView | None
    last_edge: LastEdge | None
    film: FilmView | None
    projector: ProjectorView
    sound: SoundView | None
    sessions: list[SessionView]
    alarms: list[AlarmView]
    can: list[OutlookView]
    next_show: NextShow | None


class Halls(Shape):
    """The whole board at one moment."""

    site: Site
    halls: list[HallView]
