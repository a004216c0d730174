# SPDX-License-Identifier: Apache-2.0
"""Releases of the tests: signed by somebody whom the servers know, unless a test wants it otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from adapters.releases.elf import module_facts
from adapters.releases.manifest import MODULE, Manifest, ReleaseFile, release_of, sha256_of, spelled
from adapters.releases.shelf import MANIFEST, SIGNATURE
from adapters.releases.signing import signed
from statemachines.deployment_facts import Release
from statemachines.kernel_words import ABI_VERSION
from tests.vm.places import made

SIGNER = "releases@bench"


@dataclass(frozen=True, slots=True)
class Made:
    """A release as whoever made it hands it over: its files by name, manifest and signature among them."""

    directory: Path
    files: Mapping[str, Path]

    @property
    def manifest(self) -> bytes:
        return self.files[MANIFEST].read_bytes()

    @property
    def sha(self) -> str:
        return sha256_of(self.manifest)

    @property
    def release(self) -> Release:
        return release_of(self.manifest)


def signing_key(name: str = "known") -> Path:
    """Return a private key for releases; that of `known` is everybody's."""
    return made("release_key", name, _make_key) / "key"


def signer_line(name: str = "known") -> str:
    """Return what servers and controllers know a signer by: `IDENTITY ssh-ed25519 AAAA…`."""
    public = signing_key(name).with_suffix(".pub").read_text("ascii").split()
    return f"{SIGNER} {public[0]} {public[1]}"


def make_release(
    directory: Path,
    name: str,
    module: Path,
    *,
    key: Path | None = None,
    others: Mapping[str, bytes] | None = None,
    **claims: Any,
) -> Made:
    """Make a release in a new directory of that name. `claims` are what its manifest says instead of the truth."""
    place = directory / name
    place.mkdir(parents=True)
    contents = {MODULE: module.read_bytes(), **(others or {})}
    facts = module_facts(contents[MODULE])
    told: dict[str, Any] = {
        "id": name,
        "kernel": facts.vermagic.split()[0],
        "vermagic": facts.vermagic,
        "abi_min": ABI_VERSION,
        "abi_max": ABI_VERSION,
        "kernel_signed": facts.signed,
        "needs": facts.needs,
        "built_by": SIGNER,
        "files": tuple(
            ReleaseFile(name=file, sha256=sha256_of(data), size=len(data)) for file, data in contents.items()
        ),
    }
    manifest = spelled(Manifest(**(told | claims)))
    contents |= {MANIFEST: manifest, SIGNATURE: signed(manifest, key or signing_key())}
    for file, data in contents.items():
        (place / file).write_bytes(data)
    return Made(place, {file: place / file for file in contents})


def spoilt(path: Path) -> None:
    """Change one byte in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _make_key(new: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    (new / "key").touch(0o600)
    (new / "key").write_bytes(key.export_private_key("openssh"))
    (new / "key.pub").write_bytes(key.export_public_key("openssh"))
