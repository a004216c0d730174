# SPDX-License-Identifier: Apache-2.0
"""The few errors of the SSH adapter; asyncssh's own never leave it. The text says what to do where it can."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """What the controller knows of a certificate that it minted; no key material. Times in Unix seconds."""

    serial: int
    key_id: str
    principal: str
    valid_after_s: int
    valid_before_s: int
    source_address: tuple[str, ...]
    force_command: str
    fingerprint: str

    @override
    def __str__(self) -> str:
        """Return one line for people, times in UTC."""
        after, before = (_utc(instant) for instant in (self.valid_after_s, self.valid_before_s))
        source = ", ".join(self.source_address) or "any address"
        return (
            f"certificate {self.serial} for principal {self.principal}, "
            f"valid {after} to {before}, from {source}, key {self.fingerprint}"
        )


def _utc(unix_s: int) -> str:
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def readable(text: str) -> str:
    """Return what another machine said, fit for a log and a terminal: printable, at most 200 characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:200]).strip()


class LinkError(Exception):
    """The base of all that can go wrong between the controller and an agent."""


class CredentialRefused(LinkError):
    """The server said 'Permission denied', and says no more. Never retry at once: penalties lock us out."""

    def __init__(self, server: str, facts: CredentialFacts) -> None:
        super().__init__(
            f"{server} refused our {facts}. Compare both clocks, the server's AuthorizedPrincipalsFile and "
            f"TrustedUserCAKeys, its list of revoked keys, and the address that we come from; "
            f"the server's own sshd log names the cause."
        )
        self.facts = facts


class HostKeyRefused(LinkError):
    """The server did not prove that it is the one we know. `expected` and `shown` are fingerprints."""

    def __init__(self, server: str, expected: Sequence[str], shown: str) -> None:
        super().__init__(
            f"{server} showed {shown}, expected {' or '.join(expected)}. "
            f"If the server was reinstalled, read its key at its own console and change the configuration; "
            f"otherwise something stands between us and it."
        )
        self.expected = tuple(expected)
        self.shown = shown


class Unreachable(LinkError):
    """No session could be opened within the limit; neither side's keys are to blame."""

    def __init__(self, server: str, reason: str) -> None:
        super().__init__(f"{server} cannot be reached: {reason}")
        self.reason = reason


class HelloRefused(LinkError):
    """The agent refused our `hello`; `code` is stale, held, version, down or hall."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the agent refused hello: {_HELLO_CODES.get(code, code)}")
        self.code = code


_HELLO_CODES = {
    "stale": "a newer session of this hall was there before us (stale)",
    "held": "another controller holds this device and is alive (held)",
    "down": "it cannot reach its device (down)",
    "hall": "the certificate's force-command names another hall or role than we do (hall)",
    "version": "it speaks another version of the protocol; enrol the server again (version)",
}


class AnswerOverdue(LinkError):
    """An answer did not come within its limit; the link is still there, and the answer may yet come."""

    def __init__(self, asked: str, limit_s: float) -> None:
        super().__init__(f"no answer to {asked} within {limit_s:g} s")


class LinkLost(LinkError):
    """The link ended."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"link lost: {reason}")
        self.reason = reason


class AgentMisbehaved(LinkError):
    """The agent broke the line protocol; the link is closed at once."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"the agent broke the protocol: {detail}")
        self.detail = detail


class DeviceSilent(LinkError):
    """The agent could not read its device; `code` is its word for why, mostly down."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the agent cannot read its device: {code}")
        self.code = code


class RingEpochGone(LinkError):
    """The device restarted since: its ring holds another epoch. Read `snapshot`, then the ring from 1."""


class KrlRefused(LinkError):
    """A list of revoked keys could not be made, or a server did not take it; `code` says why in one word."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"the list of revoked keys was refused: {code}{': ' if detail else ''}{detail}")
        self.code = code


class DeployMisbehaved(LinkError):
    """A server's reel-deploy answered in another form than it must; the link is closed at once."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"reel-deploy answered in another form than it must: {detail}")
        self.detail = detail


class ServerRefused(Exception):
    """A server did not do a step of a deployment. `words` are its reason; `kernel_log` is the end of its kernel's."""

    def __init__(self, words: str, kernel_log: str = "") -> None:
        super().__init__(words)
        self.words, self.kernel_log = words, kernel_log


class AuthorityError(Exception):
    """The certificate authority's file cannot be used; the text says how to mend it."""


class AuthorityUnsafe(AuthorityError):
    """The file or its directory has another owner or mode than it must have, or is not encrypted."""


class PassphraseWrong(AuthorityError):
    """The passphrase does not open the authority's file."""


class PassphraseMissing(AuthorityError):
    """Neither a systemd credential nor the environment holds the passphrase."""
