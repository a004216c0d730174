# SPDX-License-Identifier: Apache-2.0
"""Manifests: one spelling, read strictly; modules that are not what the manifest says."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.releases.elf import disagreements, module_facts
from adapters.releases.errors import ReleaseRefused
from adapters.releases.manifest import Manifest, ReleaseFile, parsed, release_of, spelled
from tests.support.releases import APPENDED, KERNEL, VERMAGIC, manifest_of, module

KO = module()
GOOD = manifest_of({"reelctl.ko": KO}, needs=("gpio_sim", "i2c_core"))


def test_a_manifest_is_text_a_line_a_fact() -> None:
    sha256 = hashlib.sha256(KO).hexdigest()
    assert GOOD.decode() == (
        f"format=1\nid=reelctl-2\nkernel={KERNEL}\nvermagic={VERMAGIC}\nabi_min=1\nabi_max=2\nkernel_signed=0\n"
        f"needs=gpio_sim,i2c_core\nbuilt_by=anna\ncommit=0123abcd\nnotes=Quieter motor.\n"
        f"file=reelctl.ko {sha256} {len(KO)}\n"
    )


def test_a_release_is_named_by_its_manifest_and_as_large_as_its_files() -> None:
    data = manifest_of({"reelctl.ko": KO, "reel-agent": b"#!/bin/sh\n"})
    release = release_of(data)
    assert (release.sha256, release.size) == (hashlib.sha256(data).hexdigest(), len(KO) + 10)
    assert (release.id, release.kernel, release.abi_min, release.abi_max) == ("reelctl-2", KERNEL, 1, 2)
    assert release_of(GOOD).needs == ("gpio_sim", "i2c_core")


SPOILT = {
    "no line's end": (GOOD[:-1], "cut off"),
    "another format": (GOOD.replace(b"format=1", b"format=2"), "format is 1, not '2'"),
    "a key left out": (GOOD.replace(b"built_by=anna\n", b""), "line 9 of the manifest is to be built_by="),
    "two keys changed about": (
        GOOD.replace(b"abi_min=1\nabi_max=2", b"abi_max=2\nabi_min=1"),
        "line 5 of the manifest is to be abi_min=",
    ),
    "Windows": (GOOD.replace(b"\n", b"\r\n"), "format is 1"),
    "an id of capitals": (GOOD.replace(b"id=reelctl-2", b"id=Reelctl"), "id is 1 to 48 of a-z"),
    "a space at the end": (GOOD.replace(b" modversions\n", b" modversions \n"), "vermagic is what"),
    "a number with a zero before it": (GOOD.replace(b"abi_min=1", b"abi_min=01"), "abi_min is a number"),
    "abi the wrong way round": (GOOD.replace(b"abi_min=1", b"abi_min=3"), "abi_min above abi_max"),
    "umlauts": (GOOD.replace(b"Quieter", "Ruhiger für".encode()), "notes is at most 400 ASCII"),
    "a NUL": (GOOD.replace(b"anna", b"an\0na"), "built_by is 1 to 80 ASCII"),
    "a file elsewhere": (GOOD.replace(b"file=reelctl.ko", b"file=../reelctl.ko"), "has no file '../reelctl.ko'"),
    "no module": (GOOD.replace(b"file=reelctl.ko", b"file=reel-agent"), "names no reelctl.ko"),
    "a file twice": (GOOD + GOOD.splitlines(keepends=True)[-1], "names a file twice"),
    "a sum that is none": (GOOD.replace(b"file=reelctl.ko ", b"file=reelctl.ko x"), "where files are named"),
    "one more line": (GOOD + b"and=more\n", "where files are named"),
    "nothing": (b"\n", "line 1 of the manifest is to be format="),
    "too much": (b"x" * 16_385, "at most 16384 are read"),
}


@pytest.mark.parametrize(("data", "words"), SPOILT.values(), ids=SPOILT)
def test_what_is_spelled_otherwise_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ReleaseRefused) as refused:
        parsed(data)
    assert words in str(refused.value)


LINE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)


@given(
    st.builds(
        Manifest,
        id=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,47}", fullmatch=True),
        kernel=st.just(KERNEL),
        vermagic=st.just(VERMAGIC),
        abi_min=st.integers(0, 5),
        abi_max=st.integers(5, 99),
        kernel_signed=st.booleans(),
        needs=st.lists(st.from_regex(r"[a-z0-9_]{1,56}", fullmatch=True), max_size=4).map(tuple),
        built_by=LINE.filter(bool),
        commit=st.from_regex(r"[0-9a-f]{0,40}", fullmatch=True),
        notes=LINE,
        files=st.just((ReleaseFile(name="reelctl.ko", sha256="a" * 64, size=9),)),
    )
)
def test_what_is_spelled_is_read_back(manifest: Manifest) -> None:
    assert parsed(spelled(manifest)) == manifest


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for text in (data, GOOD[:200] + data, GOOD + data):
        try:
            found = parsed(text)
        except ReleaseRefused:
            continue
        assert spelled(found) == text


# Modules.


def test_a_module_says_what_it_is_for() -> None:
    facts = module_facts(module(depends="gpio_sim,i2c_core", extra=APPENDED))
    assert (facts.name, facts.vermagic, facts.needs) == ("reelctl", VERMAGIC, ("gpio_sim", "i2c_core"))
    assert facts.signed
    assert not module_facts(KO).signed


@pytest.mark.skipif(shutil.which("modinfo") is None, reason="no kmod here")
def test_modinfo_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "reelctl.ko").write_bytes(KO)
    for field in ("name", "vermagic"):
        told = subprocess.run(
            ["modinfo", "-F", field, tmp_path / "reelctl.ko"], capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == getattr(module_facts(KO), field)


@given(st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_are_more_than_refused(data: bytes, cut: int) -> None:
    for text in (data, KO[:cut], KO[:cut] + data):
        try:
            module_facts(text)
        except ReleaseRefused:
            continue


UNLIKE = {
    "another module": (module(name="evil"), "reelctl.ko is the module evil, not reelctl"),
    "another kernel": (module(vermagic="5.10.0 SMP"), f"is '5.10.0 SMP', the manifest says '{VERMAGIC}'"),
    "signed": (module(extra=APPENDED), "is signed for the kernel, the manifest says that it is not"),
    "needs more": (module(depends="gpio_sim"), "needs gpio_sim, of which the manifest says nothing"),
    "no module": (b"#!/bin/sh\n", "is no ELF file"),
}


@pytest.mark.parametrize(("data", "words"), UNLIKE.values(), ids=UNLIKE)
def test_a_module_that_is_not_what_the_manifest_says(data: bytes, words: str) -> None:
    manifest = parsed(manifest_of({"reelctl.ko": data}))
    assert words in "; ".join(disagreements(manifest, data))
    assert disagreements(manifest, KO) == ()
