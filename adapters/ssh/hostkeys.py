# SPDX-License-Identifier: Apache-2.0
"""Which server keys are trusted: those that the configuration pins, or a host CA's. Never on first use."""

from dataclasses import dataclass

import asyncssh
from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Where a server is, and how it proves itself.

    `host_keys` are pinned public keys (`ssh-ed25519 AAAA…`), `host_ca` the public key of the CA that signs
    host certificates in `host`'s name; at least one of both.
    """

    host: str
    port: int = 22
    user: str = "reel"
    host_keys: tuple[str, ...] = ()
    host_ca: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Parsed host keys and host CA keys of one server."""

    pinned: tuple[asyncssh.SSHKey, ...]
    authorities: tuple[asyncssh.SSHKey, ...]

    def known_hosts(self) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
        """Return asyncssh's `known_hosts`: trusted, trusted CA and revoked keys; never None, never empty."""
        return list(self.pinned), list(self.authorities), []

    def expected(self) -> tuple[str, ...]:
        """Return for people what the server may show."""
        return tuple(f"key {key.get_fingerprint()}" for key in self.pinned) + tuple(
            f"a certificate of host CA {key.get_fingerprint()}" for key in self.authorities
        )


def trusted_keys(address: ServerAddress) -> TrustedKeys:
    """Read a server's trusted keys from its configuration.

    Raises:
        ValueError: a line is no Ed25519 public key, or there is none at all.
    """
    pinned = tuple(_public_key(address, line) for line in address.host_keys)
    authorities = (_public_key(address, address.host_ca),) if address.host_ca else ()
    if not pinned and not authorities:
        raise ValueError(f"{address}: no host key and no host CA is configured, and none is trusted on first use")
    return TrustedKeys(pinned, authorities)


def _public_key(address: ServerAddress, line: str) -> asyncssh.SSHKey:
    try:
        key = asyncssh.import_public_key(line)
    except asyncssh.KeyImportError as wrong:
        raise ValueError(f"{address}: not a public key of the form 'ssh-ed25519 AAAA…': {line[:80]!r}") from wrong
    if key.get_algorithm() != "ssh-ed25519":
        raise ValueError(f"{address}: a host key is of kind ssh-ed25519, not {key.get_algorithm()}")
    return key
