# SPDX-License-Identifier: Apache-2.0
"""Building: out of tree and in a copy, kept by all that goes into it, and told in words where it cannot be."""

import os
import stat
import time
from pathlib import Path

import pytest

from adapters.releases import build
from adapters.releases.build import Built, KernelKey, abi_of, built
from adapters.releases.errors import BuildFailed
from tests.support.releases import KERNEL, VERMAGIC, module

KMOD = Path(__file__).parents[3] / "kmod"
MAKEFILE = """
modules:
\t@echo '  CC [M]  reelctl.o'
\t@if grep -q 'syntax error' $(M)/*.c; then echo 'reel.c:1: error: expected ;' >&2; exit 1; fi
\t@cp $(CURDIR)/made.ko $(M)/reelctl.ko
\t@echo $(M) >> $(CURDIR)/runs
"""


class Bench:
    """Headers that make a module without a compiler, sources, and a cache."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.headers, self.sources, self.cache = root, root / "headers", root / "kmod", root / "cache"
        (self.headers / "scripts").mkdir(parents=True)
        (self.headers / "Makefile").write_text(MAKEFILE)
        (self.headers / "made.ko").write_bytes(module())
        self.sources.mkdir()
        (self.sources / "Kbuild").write_text("obj-m := reelctl.o\n")
        (self.sources / "reel.c").write_text("int reel;\n")
        self.said: list[str] = []
        (root / "bin").mkdir()
        self.program(root / "bin" / "strip", "exit 0")
        monkeypatch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")

    @staticmethod
    def program(path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def build(self, kernel: str = KERNEL, signing: KernelKey | None = None) -> Built:
        return built(self.sources, kernel, self.cache, headers=self.headers, signing=signing, progress=self.said.append)

    @property
    def runs(self) -> int:
        return len((self.headers / "runs").read_text().splitlines())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_a_module_is_built_in_a_copy_and_told_line_by_line(bench: Bench) -> None:
    made = bench.build()
    assert (made.facts.vermagic, made.from_cache) == (VERMAGIC, False)
    assert bench.said == [f"building reelctl.ko for {KERNEL}: 2 files", *bench.said[1:]]
    assert "CC [M]  reelctl.o" in bench.said
    assert sorted(path.name for path in bench.sources.iterdir()) == ["Kbuild", "reel.c"]
    assert [path.name for path in bench.cache.iterdir()] == [made.module.parent.name]


def test_what_was_built_before_is_taken_until_something_in_it_changes(bench: Bench) -> None:
    first = bench.build()
    assert bench.build() == first._replace(from_cache=True)
    assert bench.runs == 1
    (bench.sources / "reel.c").write_text("int reel = 2;\n")
    assert bench.build().module != first.module
    assert bench.runs == 2
    (bench.sources / "reelsim_board.c").write_text("int board;\n")
    bench.build()
    assert bench.runs == 2


def test_a_module_for_kernels_that_enforce_is_signed_and_kept_apart(bench: Bench) -> None:
    bench.program(bench.headers / "scripts" / "sign-file", 'printf "sig~Module signature appended~\\n" >> "$4"')
    for name in ("key", "certificate"):
        (bench.root / name).write_text(name)
    key = KernelKey(bench.root / "key", bench.root / "certificate")
    assert bench.build(signing=key).facts.signed
    assert not bench.build().facts.signed
    assert bench.build(signing=key).from_cache


def test_what_is_missing_is_named(bench: Bench) -> None:
    with pytest.raises(BuildFailed, match=r"install linux-headers-9\.9\.9-none"):
        built(bench.sources, "9.9.9-none", bench.cache)
    with pytest.raises(BuildFailed, match="install the linux-kbuild package"):
        bench.build(signing=KernelKey(bench.sources / "Kbuild", bench.sources / "Kbuild"))
    with pytest.raises(BuildFailed, match="certificate cannot be read"):
        bench.build(signing=KernelKey(bench.sources / "Kbuild", bench.root / "certificate"))
    (bench.sources / "Kbuild").unlink()
    with pytest.raises(BuildFailed, match="it has no Kbuild"):
        bench.build()


def test_the_compilers_words_are_told_and_nothing_is_left(bench: Bench) -> None:
    (bench.sources / "reel.c").write_text("syntax error\n")
    with pytest.raises(BuildFailed, match=r"reel\.c:1: error: expected ;"):
        bench.build()
    assert list(bench.cache.iterdir()) == []


def test_a_compiler_that_hangs_is_ended_with_all_that_it_started(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_LIMIT_S", 0.5)
    (bench.headers / "Makefile").write_text("modules:\n\t@sleep 100 & echo $$! > $(CURDIR)/pid; wait\n")
    with pytest.raises(BuildFailed, match=r"make did not end within 0\.5 s"):
        bench.build()
    started = int((bench.headers / "pid").read_text())
    ends = time.monotonic() + 5
    while _runs(started):
        assert time.monotonic() < ends, "what it started runs on"
    assert list(bench.cache.iterdir()) == []


def _runs(pid: int) -> bool:
    """Tell whether a process is there and no mere entry that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_headers_of_another_kernel_are_noticed(bench: Bench) -> None:
    with pytest.raises(BuildFailed, match=r"these headers are not those of 5\.10\.0"):
        bench.build("5.10.0")


def test_a_module_that_is_not_made_is_noticed(bench: Bench) -> None:
    (bench.headers / "Makefile").write_text("modules:\n\t@true\n")
    with pytest.raises(BuildFailed, match=r"there is no reelctl\.ko"):
        bench.build()


def test_the_sources_say_which_abi_they_speak(tmp_path: Path) -> None:
    assert abi_of(KMOD) == 1
    assert abi_of(tmp_path) is None
