# SPDX-License-Identifier: Apache-2.0
"""Control sessions as people see them."""

from statemachines.session_value import ControlSession, SessionState
from web.api.shapes.session import SessionTrouble, SessionView
from web.sight.speech import Speech, ms_or_none

_WORDS = {
    SessionState.DOWN: "down",
    SessionState.CONNECTING: "connecting",
    SessionState.UP: "up",
    SessionState.ROTATING: "rotating",
    SessionState.DRAINING: "closing",
    SessionState.BACKING_OFF: "trying again",
    SessionState.REFUSED: "refused",
}
_TROUBLED = (SessionState.CONNECTING, SessionState.BACKING_OFF, SessionState.REFUSED)


def session_view(session: ControlSession, speech: Speech, server: str, round_trip_us: int | None) -> SessionView:
    """Return one session; what is known of a key counts only while its link is in use."""
    is_open = session.link_gen > 0
    return SessionView(
        role=session.role,
        server=server,
        state=session.state,
        word=_WORDS[session.state],
        since_ms=ms_or_none(session.since_ns),
        gen=session.link_gen,
        serial=str(session.serial) if is_open else "",
        minted_ms=ms_or_none(session.minted_ns) if is_open else None,
        rotate_ms=ms_or_none(session.rotate_ns) if is_open else None,
        expires_ms=ms_or_none(session.expires_ns) if is_open else None,
        round_trip_us=round_trip_us if is_open else None,
        error=_trouble(session, speech),
    )


def _trouble(session: ControlSession, speech: Speech) -> SessionTrouble | None:
    """Return what went wrong last, while it still matters: a session that is up or not wanted has no trouble."""
    last = session.last_error
    if last is None or session.state not in _TROUBLED:
        return None
    return SessionTrouble(type=last.type, words=speech.say(last.words, session.at_ns))
