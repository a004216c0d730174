# SPDX-License-Identifier: Apache-2.0
"""What a certificate is ordered with, and what comes back: a key pair that lives in memory only."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_network

import asyncssh

from adapters.ssh.errors import CredentialFacts

_NAME = re.compile(r"[a-z0-9]{1,16}")
_PRINCIPAL = re.compile(r"[a-z0-9-]{1,64}")
_COMMAND = re.compile(r"[ -~]{1,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a certificate shall allow.

    `source_address` holds addresses or networks (`192.0.2.7`, `10.0.0.0/8`); none means any. `life_s` counts
    from now, `backdate_s` before it allows for clocks that differ. The default principal is `reel-HALL-ROLE`.

    Raises:
        ValueError: a part that a certificate must not carry.
    """

    hall: str
    role: str
    force_command: str
    source_address: tuple[str, ...] = ()
    life_s: int = 900
    backdate_s: int = 60
    principal: str = ""

    def __post_init__(self) -> None:
        for name, text, allowed in (
            ("hall", self.hall, _NAME),
            ("role", self.role, _NAME),
            ("principal", self.principal or "default", _PRINCIPAL),
            ("force_command", self.force_command, _COMMAND),
        ):
            if not allowed.fullmatch(text):
                raise ValueError(f"{name} is {allowed.pattern}, not {text!r}")
        for address in self.source_address:
            ip_network(address)  # sshd refuses a certificate with host bits set in a network: refuse it here
        if self.life_s <= 0 or self.backdate_s < 0:
            raise ValueError(f"life_s is positive and backdate_s not negative: {self.life_s}, {self.backdate_s}")

    @property
    def accepted_principal(self) -> str:
        """Return the principal that the server's AuthorizedPrincipalsFile must list."""
        return self.principal or f"reel-{self.hall}-{self.role}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A private key with its certificate, in memory only; its text never shows key material. Unix seconds."""

    key: asyncssh.SSHKey = field(repr=False)
    certificate: asyncssh.SSHCertificate = field(repr=False)
    order: Order
    key_id: str
    serial: int
    valid_after_s: int
    valid_before_s: int

    @property
    def principal(self) -> str:
        return self.order.accepted_principal

    def facts(self) -> CredentialFacts:
        """Return what people may know of it."""
        return CredentialFacts(
            serial=self.serial,
            key_id=self.key_id,
            principal=self.principal,
            valid_after_s=self.valid_after_s,
            valid_before_s=self.valid_before_s,
            source_address=self.order.source_address,
            force_command=self.order.force_command,
            fingerprint=self.key.get_fingerprint(),
        )
