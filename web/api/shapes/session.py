# SPDX-License-Identifier: Apache-2.0
"""Control sessions."""

from pydantic import Field

from statemachines.session_value import SessionState
from statemachines.words import Role
from web.api.shapes.base import Shape


class SessionTrouble(Shape):
    """What went wrong last."""

    type: str = Field(examples=["Unreachable"])
    words: str = Field(examples=["127.0.0.1:2222 does not answer: is the server on?"])


class SessionView(Shape):
    """The SSH session of one hall and one role. What tells of its key is null while nothing is open."""

    role: Role
    server: str = Field(description="the server's id, empty when it is not known", examples=["booth1"])
    state: SessionState
    word: str = Field(description="the state in a word for people", examples=["up"])
    since_ms: int | None = Field(description="when it entered this state; null before its first")
    gen: int = Field(description="the generation of the link in use, 0 when none is open", examples=[14])
    serial: str = Field(description="its certificate's serial number, empty when nothing is open")
    minted_ms: int | None
    rotate_ms: int | None = Field(description="when its key is rotated next")
    expires_ms: int | None
    round_trip_us: int | None = Field(description="the newest ping's, in µs", examples=[380])
    error: SessionTrouble | None


class HallSession(SessionView):
    """A session, and whose it is."""

    hall: str = Field(examples=["h1"])


class Sessions(Shape):
    sessions: list[HallSession]
