# SPDX-License-Identifier: Apache-2.0
"""A show as a hall knows it: what is to be shown and when, and the moments around its start."""

import re
from enum import StrEnum

from statemachines.values import Value
from statemachines.words import Verb

CUES: dict[Verb, str] = {
    Verb.LIGHTS: "up|down",
    Verb.CURTAIN: "open|close",
    Verb.MASKING: "[a-z0-9]{1,16}",
}
"""What a cue may move, and where to (a pattern): things of the room, never light on film, sound or motor."""


class Start(StrEnum):
    """Who starts a show. By the schedule only if at that moment nothing speaks against a start."""

    OPERATOR = "operator"
    SCHEDULE = "schedule"


class Cue(Value, frozen=True, kw_only=True):
    """A moment of a show that moves something of the room: when `frame` of `reel`, from 1, has run."""

    reel: int = 1
    frame: int
    verb: Verb
    arg: str

    @property
    def is_of_the_room(self) -> bool:
        """Whether it moves what a cue may move."""
        return self.verb in CUES and re.fullmatch(CUES[self.verb], self.arg) is not None

    @property
    def place(self) -> tuple[int, int]:
        return self.reel, self.frame


class Show(Value, frozen=True, kw_only=True):
    """A planned show. `gauge` in mm, `feet` one entry a reel, `cues` in the order of their places."""

    id: str
    title: str
    starts_ns: int
    start: Start = Start.OPERATOR
    gauge: int = 35
    feet: tuple[int, ...] = (2000,)
    cues: tuple[Cue, ...] = ()
