# SPDX-License-Identifier: Apache-2.0
"""Releases for tests: small modules that say what a test wants, signed by real keys."""

import hashlib
import struct
import subprocess
from pathlib import Path

from adapters.releases.manifest import MODULE, Manifest, ReleaseFile, spelled
from adapters.releases.signing import signed

KERNEL = "6.1.0-32-amd64"
VERMAGIC = f"{KERNEL} SMP preempt mod_unload modversions"
APPENDED = b"~Module signature appended~\n"


def module(*, name: str = "reelctl", vermagic: str = VERMAGIC, depends: str = "", extra: bytes = b"") -> bytes:
    """Return an ELF file with a section .modinfo, as modinfo reads it. `extra` follows it."""
    told = f"license=GPL\0depends={depends}\0name={name}\0vermagic={vermagic} \0".encode()
    names = b"\0.modinfo\0.shstrtab\0"
    at_told, at_names = 64, 64 + len(told)
    table = at_names + len(names)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    head = ident + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2)
    sections = ((0, 0, 0, 0), (1, 1, at_told, len(told)), (10, 3, at_names, len(names)))
    rows = b"".join(
        struct.pack("<IIQQQQIIQQ", each, kind, 0, 0, offset, size, 0, 0, 1, 0) for each, kind, offset, size in sections
    )
    return head + told + names + rows + extra


def manifest_of(files: dict[str, bytes], **facts: object) -> bytes:
    """Return the manifest of these files."""
    told = {
        "id": "reelctl-2",
        "kernel": KERNEL,
        "vermagic": VERMAGIC,
        "abi_min": 1,
        "abi_max": 2,
        "built_by": "anna",
        "commit": "0123abcd",
        "notes": "Quieter motor.",
    }
    named = tuple(
        ReleaseFile(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data)) for name, data in files.items()
    )
    return spelled(Manifest(**(told | facts), files=named))  # type: ignore[arg-type]  # each by its own name


class Signer:
    """A key of its own below a directory, and a file of signers that knows it as `name`."""

    def __init__(self, directory: Path, name: str = "anna") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.name, self.key = name, directory / f"{name}.key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.key], check=True)
        public = self.key.with_name(f"{self.key.name}.pub").read_text().split()
        self.line = f'{name} namespaces="reel-release" {" ".join(public[:2])}\n'

    def may_sign(self, signers: Path) -> None:
        """Put the key among those who may sign."""
        signers.parent.mkdir(parents=True, exist_ok=True)
        with signers.open("a") as file:
            file.write(self.line)

    def release(self, place: Path, files: dict[str, bytes] | None = None, **facts: object) -> bytes:
        """Write a signed release into a directory, as `deploy build` and `deploy sign` do; return its manifest."""
        place.mkdir(parents=True)
        files = files or {MODULE: module()}
        manifest = manifest_of(files, **facts)
        for name, data in (*files.items(), ("manifest", manifest), ("manifest.sig", signed(manifest, self.key))):
            (place / name).write_bytes(data)
        return manifest
