# SPDX-License-Identifier: Apache-2.0
"""Facts about one control session of a hall. The hall's log keeps them under the subject `session:ROLE`.

`gen` is the generation that a link was opened for, or the higher one that it was greeted with. `jitter_ppm`
(0 to 1,000,000) is the chance that the session's owner drew: the core has no randomness.
"""

from statemachines.events import ClockStepped, Event, TimerDue
from statemachines.values import Value
from statemachines.words import Role

_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND


class SessionSettings(Value, frozen=True, kw_only=True):
    """How long things take, in ns. A demo shortens `rotate`; it stays below the certificate's life."""

    rotate_min_ns: int = 9 * _MINUTE
    rotate_max_ns: int = 10 * _MINUTE
    backoff_base_ns: int = _SECOND // 4
    backoff_cap_ns: int = 15 * _SECOND
    refused_retry_ns: int = _MINUTE
    close_grace_ns: int = 5 * _SECOND
    drain_limit_ns: int = 5 * _SECOND


class SessionEvent(Event, frozen=True, kw_only=True):
    """The base of what happens to the session of `role`."""

    role: Role


class SessionBegun(SessionEvent, frozen=True, kw_only=True, tag="session_begun"):
    """The runtime started: whatever the log says of the session, nothing is open yet."""

    settings: SessionSettings = SessionSettings()


class SessionWanted(SessionEvent, frozen=True, kw_only=True, tag="session_wanted"):
    """The hall wants this session."""


class SessionUnwanted(SessionEvent, frozen=True, kw_only=True, tag="session_unwanted"):
    """The hall does not want this session any longer."""


class Linked(SessionEvent, frozen=True, kw_only=True):
    """A connection was proven and greeted. `last` is the highest cmd_seq that the device has seen.

    The certificate `serial` lives `life_ns`, of which `age_ns` had passed by the monotonic clock. `lease_ended`: the
    device's lease had run out before.
    """

    gen: int
    serial: int
    last: int
    age_ns: int
    life_ns: int
    jitter_ppm: int
    lease_ended: bool = False


class LinkOpened(Linked, frozen=True, kw_only=True, tag="link_opened"):
    """The session has a link."""


class LinkRotated(Linked, frozen=True, kw_only=True, tag="link_rotated"):
    """The session moved to a new link with a new key."""


class LinkTrouble(SessionEvent, frozen=True, kw_only=True):
    """`words` tell people what was expected and what to do."""

    gen: int
    words: str


class LinkFailed(LinkTrouble, frozen=True, kw_only=True, tag="link_failed"):
    """No link could be opened; neither side's keys are to blame. `error` names the type."""

    error: str
    jitter_ppm: int


class RotationFailed(LinkTrouble, frozen=True, kw_only=True, tag="rotation_failed"):
    """No second link could be opened; the first is as good as before."""

    error: str
    jitter_ppm: int


class CredentialRefused(LinkTrouble, frozen=True, kw_only=True, tag="credential_refused"):
    """The server did not take our certificate."""


class HostKeyRefused(LinkTrouble, frozen=True, kw_only=True, tag="host_key_refused"):
    """The server showed another host key than the expected one."""


class HelloRefused(LinkTrouble, frozen=True, kw_only=True, tag="hello_refused"):
    """The agent refused us; `code` is stale, held or version."""

    code: str
    jitter_ppm: int


class LinkLost(LinkTrouble, frozen=True, kw_only=True, tag="link_lost"):
    """The session's link ended; `gen` is the one that was last opened or rotated to."""

    jitter_ppm: int


class LinksDrained(SessionEvent, frozen=True, kw_only=True, tag="links_drained"):
    """Everything that the session had open is closed."""


class RotationAsked(SessionEvent, frozen=True, kw_only=True, tag="rotation_asked"):
    """An operator changed or rotates the keys: mint anew at once, or try again at once."""


class ServerReturned(SessionEvent, frozen=True, kw_only=True, tag="server_returned"):
    """A server that could not be reached took another session's connection: whoever waits for it need not."""


SESSION_EVENT_CLASSES: dict[str, type[Event]] = {
    str(each.__struct_config__.tag): each
    for each in (
        SessionBegun,
        SessionWanted,
        SessionUnwanted,
        LinkOpened,
        LinkRotated,
        LinkFailed,
        RotationFailed,
        CredentialRefused,
        HostKeyRefused,
        HelloRefused,
        LinkLost,
        LinksDrained,
        RotationAsked,
        ServerReturned,
        TimerDue,
        ClockStepped,
    )
}
"""What a session's stream may hold: `events.event_from(kind, payload, SESSION_EVENT_CLASSES)` reads it."""


class SessionError(Value, frozen=True, kw_only=True):
    """What went wrong last: the event's or error's type, and its words."""

    type: str
    words: str
