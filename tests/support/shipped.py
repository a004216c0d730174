# SPDX-License-Identifier: Apache-2.0
"""Releases for tests: modules that no kernel would take, manifests, and signatures by ssh-keygen."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KERNEL = "6.1.0-99-amd64"
VERMAGIC = "6.1.0-99-amd64 SMP preempt mod_unload modversions"
IDENTITY = "releases@example.org"
NAMESPACE = "reel-release"

AGENT = b"""#!/bin/sh
# the new agent: it answers as one does, and finds the devices of the tree that it lies in
echo "pong 1"
echo "snapshot 2 $(cat "${0%/usr/local/lib/reel/*}/sys/class/reel/$1-$2/snapshot")"
echo bye
"""
ILL_AGENT = b"#!/bin/sh\n# the ill agent\nif then\n"

_NOTE = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0"


def module(name: str, **ills: str) -> bytes:
    """Return a module with a build id of its own. `ills` say how it behaves where it is not well:

    `refuse` (what insmod says), `abi`, `self_test`, `drill` (how 'dowser open' is answered), `stays` (rmmod's words),
    `mute` (no heartbeat), `oops` (the kernel falls over when it is loaded).
    """
    lines = "".join(f"{key}={value}\n" for key, value in ills.items())
    return _NOTE + hashlib.sha1(name.encode()).digest() + f"\nname={name}\n{lines}".encode()  # noqa: S324


def ills_of(ko: bytes) -> dict[str, str]:
    """Return how a module behaves."""
    lines = ko[36:].decode("ascii", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs releases."""

    key: Path

    @property
    def line(self) -> str:
        """The signer as an enrolment wants it."""
        return f"{IDENTITY} {' '.join(self.key.with_suffix('.pub').read_text().split()[:2])}"

    @property
    def allowed(self) -> str:
        """The line of `allowed_signers`."""
        identity, _, key = self.line.partition(" ")
        return f'{identity} namespaces="{NAMESPACE}" {key}\n'


def make_signer(directory: Path, name: str = "signer") -> Signer:
    key = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key], check=True)
    return Signer(key)


@dataclass(frozen=True, slots=True)
class Shipped:
    """A release as the controller's shelf holds it; `files` by their names."""

    sha: str
    files: Mapping[str, Path]

    def without(self, name: str) -> "Shipped":
        return Shipped(self.sha, {each: path for each, path in self.files.items() if each != name})


def ship(
    directory: Path,
    parts: Mapping[str, bytes],
    signer: Signer | None,
    *,
    release_id: str = "reelctl-2",
    namespace: str = NAMESPACE,
    manifest: str = "",
) -> Shipped:
    """Make a release of these files; `manifest` replaces the one that belongs to them."""
    directory.mkdir(parents=True)
    for name, data in parts.items():
        (directory / name).write_bytes(data)
    lines = [
        "format=1",
        f"id={release_id}",
        f"kernel={KERNEL}",
        f"vermagic={VERMAGIC}",
        "abi_min=1",
        "abi_max=2",
        "kernel_signed=0",
        "needs=",
        "built_by=test",
        "commit=0000000",
        "notes=for tests",
        *(f"file={name} {hashlib.sha256(data).hexdigest()} {len(data)}" for name, data in parts.items()),
    ]
    text = manifest or "\n".join(lines) + "\n"
    (directory / "manifest").write_text(text)
    files = {name: directory / name for name in ("manifest", *parts)}
    if signer is not None:
        words = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(signer.key), str(directory / "manifest")]
        subprocess.run(words, check=True, capture_output=True)
        files["manifest.sig"] = directory / "manifest.sig"
    return Shipped(hashlib.sha256(text.encode()).hexdigest(), files)
