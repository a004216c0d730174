# SPDX-License-Identifier: Apache-2.0
"""The controller's shelf: STATE/releases/SHA/, each release written whole or not at all, hashed anew at each look."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from adapters.releases.elf import disagreements
from adapters.releases.errors import ReleaseRefused
from adapters.releases.manifest import MANIFEST_MOST, MODULE, Manifest, ReleaseFile, parsed, release_of, sha256_of
from adapters.releases.signing import CHANGED, SIGNATURE_MOST, verified
from statemachines.deployment_facts import Release

MANIFEST, SIGNATURE = "manifest", "manifest.sig"
SIGNERS = "release_signers"
"""The file of those who may sign, in the state directory, unless the variable names another."""
SIGNERS_VARIABLE = "PROJECTIONIST_SIGNERS"
_PIECE = 1 << 20


class Shelved(NamedTuple):
    """A release on the shelf: what it says, and who signed it."""

    release: Release
    manifest: Manifest
    text: str
    signature: str
    signer: str


class Shelf:
    """The releases of one state directory. Whoever adds is trusted no more than the signature."""

    def __init__(self, state: Path, signers: Path | None = None) -> None:
        self._root = state / "releases"
        self._signers = signers or Path(os.environ.get(SIGNERS_VARIABLE) or state / SIGNERS)

    def add(self, manifest: bytes, signature: bytes, files: Mapping[str, IO[bytes]]) -> Shelved:
        """Put a release on the shelf. One that is there already is left, or mended.

        Raises:
            ReleaseRefused: it is not signed by somebody known, or a file is not what the manifest says.
        """
        told = parsed(manifest)
        found = verified(manifest, signature, self._signers)
        if found.problem:
            raise ReleaseRefused(found.problem)
        sha256 = sha256_of(manifest)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._root))
        try:
            self._fill(new, told, {MANIFEST: manifest, SIGNATURE: signature}, files)
            self._put(new, sha256)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        text, seal = (data.decode("ascii", "replace") for data in (manifest, signature))
        return Shelved(release_of(manifest), told, text, seal, found.signer)

    def check(self, sha256: str) -> tuple[str, ...]:
        """Return all that is wrong with a release on the shelf, as sentences without their ends; none when it is good.

        Its files are read and hashed anew.
        """
        try:
            manifest = self._read(sha256, MANIFEST, MANIFEST_MOST)
        except OSError:
            return ("it is not on the shelf: add it again",)
        if sha256_of(manifest) != sha256:
            return (f"{CHANGED}: its manifest is not the one that was added",)
        signature: bytes | None = None
        with suppress(OSError):
            signature = self._read(sha256, SIGNATURE, SIGNATURE_MOST)
        problem = verified(manifest, signature, self._signers).problem
        try:
            files = parsed(manifest).files
        except ReleaseRefused as refused:
            return refused.problems
        wrong = (self._wrong(sha256, each) for each in files)
        return tuple(words for words in (problem, *wrong) if words)

    def files(self, sha256: str) -> dict[str, Path]:
        """Return all that goes to a server, by name: manifest, signature and files.

        Raises:
            ReleaseRefused: it is not on the shelf, or its manifest cannot be read.
        """
        try:
            told = parsed(self._read(sha256, MANIFEST, MANIFEST_MOST))
        except OSError as wrong:
            raise ReleaseRefused("it is not on the shelf: add it again") from wrong
        names = (MANIFEST, SIGNATURE, *(each.name for each in told.files))
        return {name: self._root / sha256 / name for name in names}

    def _fill(self, new: Path, told: Manifest, papers: Mapping[str, bytes], files: Mapping[str, IO[bytes]]) -> None:
        problems = [f"{name} is no file of this release" for name in sorted(files) if told.file(name) is None]
        for each in told.files:
            if each.name not in files:
                problems.append(f"{each.name} is missing")
            elif not _copied(files[each.name], new / each.name, each):
                problems.append(_unlike(each))
        if not problems:
            problems += disagreements(told, (new / MODULE).read_bytes())
        if problems:
            raise ReleaseRefused(*problems)
        for name, data in papers.items():
            (new / name).write_bytes(data)
        for path in (*new.iterdir(), new):
            _sync(path)

    def _put(self, new: Path, sha256: str) -> None:
        place = self._root / sha256
        try:
            new.rename(place)
        except OSError:  # it is there already, perhaps put there in this moment
            if not self.check(sha256):
                return
            with tempfile.TemporaryDirectory(prefix=".old-", dir=self._root) as spoilt:
                place.rename(Path(spoilt, sha256))
                new.rename(place)
        _sync(self._root)

    def _read(self, sha256: str, name: str, most: int) -> bytes:
        with (self._root / sha256 / name).open("rb") as file:
            return file.read(most + 1)

    def _wrong(self, sha256: str, each: ReleaseFile) -> str:
        try:
            with (self._root / sha256 / each.name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return f"{each.name} is missing from the shelf: add the release again"
        return "" if found == each.sha256 else _unlike(each)


def _unlike(each: ReleaseFile) -> str:
    return f"{CHANGED}: {each.name} is not what the manifest says"


def _copied(source: IO[bytes], place: Path, wanted: ReleaseFile) -> bool:
    """Copy a file, no more of it than the manifest says, and tell whether it is the one that was signed for."""
    digest, left = hashlib.sha256(), wanted.size + 1
    with place.open("xb") as file:
        while left and (piece := source.read(min(left, _PIECE))):
            left -= len(piece)
            digest.update(piece)
            file.write(piece)
    return left == 1 and digest.hexdigest() == wanted.sha256


def _sync(path: Path) -> None:
    held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)
