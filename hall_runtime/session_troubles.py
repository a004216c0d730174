# SPDX-License-Identifier: Apache-2.0
"""The adapter's typed errors as the events of a session: this table is all that the machine hears of SSH."""

from adapters.ssh.errors import CredentialRefused, HelloRefused, HostKeyRefused
from statemachines import session_events as se
from statemachines.words import Role


def attempt_failed(role: Role, gen: int, error: Exception, *, rotating: bool, jitter_ppm: int) -> se.LinkTrouble:
    """Return what a failed attempt to open a link, or a second one, is to the session."""
    words, kind = str(error), type(error).__name__
    match error:
        case CredentialRefused():
            return se.CredentialRefused(role=role, gen=gen, words=words)
        case HostKeyRefused():
            return se.HostKeyRefused(role=role, gen=gen, words=words)
        case HelloRefused(code=code) if not rotating:
            return se.HelloRefused(role=role, gen=gen, words=words, code=code, jitter_ppm=jitter_ppm)
        case _ if rotating:
            return se.RotationFailed(role=role, gen=gen, words=words, error=kind, jitter_ppm=jitter_ppm)
        case _:
            return se.LinkFailed(role=role, gen=gen, words=words, error=kind, jitter_ppm=jitter_ppm)
