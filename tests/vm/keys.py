# SPDX-License-Identifier: Apache-2.0
"""The keys of the bench: root's, the guest's host key and the site's authority. They guard nothing but a guest."""

from dataclasses import dataclass
from pathlib import Path

import asyncssh

from adapters.ssh.authority import Authority, create_authority
from tests.vm.places import made

PASSPHRASE = "only for guests of the bench"
_ROOT, _HOST = "root_key", "host_key"


@dataclass(frozen=True, slots=True)
class Keys:
    """`directory` has root_key and host_key with their .pub, and ca/ca (encrypted with PASSPHRASE) with its .pub."""

    directory: Path

    @property
    def root(self) -> Path:
        return self.directory / _ROOT

    @property
    def root_public(self) -> str:
        return _line(self.directory / f"{_ROOT}.pub")

    @property
    def host_private(self) -> str:
        return (self.directory / _HOST).read_text("ascii")

    @property
    def host_public(self) -> str:
        return _line(self.directory / f"{_HOST}.pub")

    @property
    def authority_path(self) -> Path:
        return self.directory / "ca" / "ca"

    @property
    def authority_line(self) -> str:
        return _line(self.directory / "ca" / "ca.pub")

    def authority(self) -> Authority:
        """Load the site's authority; takes half a second."""
        return Authority.load(self.authority_path, PASSPHRASE)


def bench_keys() -> Keys:
    """Return the keys, made the first time."""
    return Keys(made("keys", "1", _make))


def _make(new: Path) -> None:
    for name in (_ROOT, _HOST):
        key = asyncssh.generate_private_key("ssh-ed25519", comment=name)
        path = new / name
        path.touch(0o600)
        path.write_bytes(key.export_private_key("openssh"))
        (new / f"{name}.pub").write_bytes(key.export_public_key("openssh"))
    create_authority(new / "ca" / "ca", PASSPHRASE)


def _line(path: Path) -> str:
    return " ".join(path.read_text("ascii").split()[:2])
