# SPDX-License-Identifier: Apache-2.0
"""The shelf, with real signatures: what was not signed, or was changed since, is told in words, and never kept."""

import io
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.releases.errors import NotSigned, ReleaseRefused
from adapters.releases.manifest import sha256_of
from adapters.releases.shelf import SIGNERS_VARIABLE, Shelf
from adapters.releases.signing import signed, verified
from tests.support.releases import APPENDED, Signer, manifest_of, module

FILES = {"reelctl.ko": module(), "reel-agent": b"#!/bin/sh\nexit 0\n"}
MANIFEST = manifest_of(FILES)
SHA = sha256_of(MANIFEST)


class Site:
    def __init__(self, state: Path) -> None:
        self.state, self.signers = state, state / "release_signers"
        self.shelf = Shelf(state)
        self.anna, self.eve = Signer(state / "keys"), Signer(state / "keys", "eve")
        self.anna.may_sign(self.signers)

    def add(self, manifest: bytes = MANIFEST, signature: bytes | None = None, **files: bytes) -> str:
        seal = signed(manifest, self.anna.key) if signature is None else signature
        given = {
            name.replace("_", "-", 1) if name == "reel_agent" else name: io.BytesIO(data)
            for name, data in files.items()
        }
        return self.shelf.add(manifest, seal, given or {name: io.BytesIO(data) for name, data in FILES.items()}).signer

    def refused(self, *asked: bytes, **files: bytes) -> str:
        with pytest.raises(ReleaseRefused) as refused:
            self.add(*asked, **files)
        assert list((self.state / "releases").glob("*")) == []
        return str(refused.value)

    def file(self, name: str) -> Path:
        return self.state / "releases" / SHA / name


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_is_signed_by_somebody_known_is_kept_and_good(site: Site) -> None:
    assert site.add() == "anna"
    assert site.shelf.check(SHA) == ()
    files = site.shelf.files(SHA)
    assert list(files) == ["manifest", "manifest.sig", "reelctl.ko", "reel-agent"]
    assert files["manifest"].read_bytes() == MANIFEST
    assert (site.state / "releases").stat().st_mode & 0o777 == 0o700
    assert site.add() == "anna"  # again changes nothing


def test_what_is_not_signed_by_somebody_known_is_not_taken(site: Site) -> None:
    assert site.refused(MANIFEST, b"") == "it is not signed"
    assert site.refused(MANIFEST, signed(MANIFEST, site.eve.key)) == "it is signed by somebody unknown"
    assert site.refused(MANIFEST, signed(MANIFEST + b"x", site.anna.key)) == "it was changed after it was signed"
    assert site.refused(MANIFEST, b"garbage") == "its signature cannot be read"
    assert "at most 8192 are read" in site.refused(MANIFEST, b"x" * 9_000)


def test_a_signature_for_something_else_is_worth_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.signers.write_text(site.anna.line.replace(' namespaces="reel-release"', ""))
    with monkeypatch.context() as patched:
        patched.setattr("adapters.releases.signing.NAMESPACE", "file")
        other = signed(MANIFEST, site.anna.key)
    assert site.refused(MANIFEST, other) == "its signature is for something else than a release"


def test_a_signer_whose_time_is_over_is_told_so(site: Site) -> None:
    site.signers.write_text(site.anna.line.replace("namespaces", 'valid-before="20200101",namespaces'))
    assert site.refused() == "its signer's key is not good any more"


def test_without_signers_nothing_is_taken(site: Site, tmp_path: Path) -> None:
    site.signers.unlink()
    assert site.refused() == "nobody may sign releases here yet: name the signers"


def test_another_file_of_signers_can_be_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.signers.rename(site.state / "elsewhere")
    monkeypatch.setenv(SIGNERS_VARIABLE, str(site.state / "elsewhere"))
    site.shelf = Shelf(site.state)
    assert site.add() == "anna"


def test_a_file_that_is_not_what_was_signed_for_is_not_taken(site: Site) -> None:
    ko, agent = FILES.values()
    flipped = ko[:-1] + bytes([ko[-1] ^ 1])
    words = "it was changed after it was signed: reelctl.ko is not what the manifest says"
    assert site.refused(**{"reelctl.ko": flipped, "reel-agent": agent}) == words
    assert site.refused(**{"reelctl.ko": ko + b"x", "reel-agent": agent}) == words
    assert site.refused(**{"reelctl.ko": ko}) == "reel-agent is missing"
    assert site.refused(**{**FILES, "agent.conf": b""}) == "agent.conf is no file of this release"


def test_a_module_that_the_manifest_lies_about_is_not_taken(site: Site) -> None:
    files = {"reelctl.ko": module(extra=APPENDED)}
    assert "the manifest says that it is not" in site.refused(manifest_of(files), **files)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


SPOILING: dict[str, tuple[Callable[[Site], object], str]] = {
    "a byte of the module": (
        lambda site: _flip(site.file("reelctl.ko")),
        "it was changed after it was signed: reelctl.ko is not what the manifest says",
    ),
    "no module": (lambda site: site.file("reelctl.ko").unlink(), "reelctl.ko is missing from the shelf"),
    "a byte of the manifest": (lambda site: _flip(site.file("manifest")), "its manifest is not the one that was added"),
    "no signature": (lambda site: site.file("manifest.sig").unlink(), "it is not signed"),
    "eve's signature": (
        lambda site: site.file("manifest.sig").write_bytes(signed(MANIFEST, site.eve.key)),
        "it is signed by somebody unknown",
    ),
    "nobody may sign any more": (lambda site: site.signers.write_text(""), "it is signed by somebody unknown"),
    "no manifest": (lambda site: site.file("manifest").unlink(), "it is not on the shelf"),
}


@pytest.mark.parametrize(("spoil", "words"), SPOILING.values(), ids=SPOILING)
def test_each_look_reads_all_anew(site: Site, spoil: Callable[[Site], object], words: str) -> None:
    site.add()
    spoil(site)
    found = site.shelf.check(SHA)
    assert len(found) == 1
    assert words in found[0]


def test_what_was_spoilt_is_mended_when_it_is_added_again(site: Site) -> None:
    site.add()
    _flip(site.file("reelctl.ko"))
    assert site.shelf.check(SHA)
    site.add()
    assert site.shelf.check(SHA) == ()
    assert [path.name for path in (site.state / "releases").iterdir()] == [SHA]


def test_many_who_add_the_same_at_once_leave_it_whole(site: Site) -> None:
    wrong: list[Exception] = []

    def add() -> None:
        try:
            site.add()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert site.shelf.check(SHA) == ()
    assert [path.name for path in (site.state / "releases").iterdir()] == [SHA]


def test_what_is_not_there_is_told(site: Site) -> None:
    assert site.shelf.check("0" * 64) == ("it is not on the shelf: add it again",)
    with pytest.raises(ReleaseRefused, match="not on the shelf"):
        site.shelf.files("0" * 64)


def test_a_key_that_cannot_sign_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "nokey").write_text("nothing")
    with pytest.raises(NotSigned, match="it was not signed"):
        signed(MANIFEST, tmp_path / "nokey")
    assert verified(MANIFEST, None, site.signers).problem == "it is not signed"
