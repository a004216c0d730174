# SPDX-License-Identifier: Apache-2.0
"""reel-deploy killed between any two things that outlast it, with and without a restart of the server after it.

What is told then must be so: nothing half-done passes for the old or the new. Asked again, the verb ends right.
"""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.shipped import make_signer, module, ship
from tests.support.sysroot import OLD, OLD_KO, Sysroot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
NEW_KO = module("new")
AGENT, CONF = b"#!/bin/sh\n# the new agent\n", b"devices = /new\n"
ENDS = 40
"""More calls of programs than any verb makes."""


class Bench:
    """One server for each point of its way, to copy from."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.signer = directory, make_signer(directory)
        parts = {"reelctl.ko": NEW_KO, "reel-agent": AGENT, "agent.conf": CONF}
        self.release = ship(directory / "release", parts, self.signer)
        host = self._sysroot("untouched")
        for point, steps in (
            ("uploaded", [("stage", self.sha, "put", name) for name in self.release.files]),
            ("staged", [("stage", self.sha, "verify")]),
            ("installed", [("install", self.sha)]),
            ("unloaded", [("unload", OLD)]),
            ("loaded", [("load", self.sha)]),
            ("committed", [("commit", self.sha)]),
        ):
            for step in steps:
                data = self.release.files[step[3]].read_bytes() if step[0] == "stage" and len(step) == 4 else b""
                assert host.ask(*step, data=data).last == "ok"
            shutil.copytree(host.root, directory / point)

    @property
    def sha(self) -> str:
        return self.release.sha

    def _sysroot(self, name: str) -> Sysroot:
        return Sysroot(self.directory / name, self.signer)

    def server(self, point: str, directory: Path) -> Sysroot:
        """Return a copy of the server as it was at that point."""
        shutil.copytree(self.directory / point, directory)
        return Sysroot.at(directory)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("cuts"))


def truly_boots(host: Sysroot, sha: str) -> str:
    """Return by the files alone what the server starts with."""
    named = [line.split(":")[0] for line in (host.tree / "modules.dep").read_text().splitlines() if "reelctl" in line]
    ko = (host.tree / named[0]).read_bytes()
    beside = (
        (host.root / "usr/local/lib/reel/reel-agent").read_bytes(),
        (host.root / "etc/reel/agent.conf").read_bytes(),
    )
    if ko == NEW_KO and beside == (AGENT, CONF):
        return sha
    if ko == OLD_KO and beside == (b"#!/bin/sh\n# the old agent\n", b"devices = /sys/class/reel\n"):
        return OLD
    return "mixed"


def truly_runs(host: Sysroot, sha: str) -> str:
    note = host.root / "sys/module/reelctl/notes/.note.gnu.build-id"
    if not note.exists():
        return ""
    return sha if note.read_bytes() == NEW_KO[:36] else OLD


def check_told(host: Sysroot, sha: str, where: str) -> None:
    told = host.ask("inspect").values
    assert told["boots"] == truly_boots(host, sha), where
    runs = truly_runs(host, sha)
    # A load that was cut off is not told as done; what started out of a mixture is told as the bare file that it is.
    bare = {sha: sha256(NEW_KO).hexdigest(), OLD: OLD, "": ""}[runs]
    also = {bare} if told["boots"] == "mixed" else {"unfinished"} if runs else set()
    assert told["loaded"] in {runs, *also}, where


def check_ends(host: Sysroot, sha: str, loaded: str, boots: str) -> None:
    told = host.ask("inspect").values
    assert (told["loaded"], told["boots"]) == (loaded, boots)
    assert (truly_runs(host, sha), truly_boots(host, sha)) == (loaded, boots)


def each_cut(bench: Bench, directory: Path, point: str, request: tuple[str, ...]) -> int:
    """Cut a verb at each of its calls, every second time with a restart, and go on; return how many there are."""
    for call in range(1, ENDS):
        host = bench.server(point, directory / str(call))
        host.cut_at(call, after=call % 3 != 0)
        said = host.ask(*request)
        if not host.uncut():
            assert said.last == "ok"
            return call - 1
        assert said.status < 0
        check_told(host, bench.sha, f"{request[0]} cut at call {call}")
        if call % 2:
            host.reboot()
            check_told(host, bench.sha, f"{request[0]} cut at call {call}, then restarted")
        _finish(host, bench.sha, request)
        shutil.rmtree(host.root)
    raise AssertionError("it never ended")


def _finish(host: Sysroot, sha: str, request: tuple[str, ...]) -> None:
    """Go on as a controller does that has looked, and see that it ends right."""
    told = host.ask("inspect").values
    match request[0]:
        case "stage" | "install":
            assert host.ask(*request).last == "ok"
            check_ends(host, sha, OLD, OLD)
        case "unload":
            assert host.ask("unload", told["loaded"] or OLD).last == "ok"
            check_ends(host, sha, "", OLD)
        case "load":
            if told["loaded"] not in ("", sha):
                assert host.ask("unload", told["loaded"]).last == "ok"
            assert host.ask("load", sha).last == "ok"
            assert host.ask("probe", sha, "drill").last == "ok"
            check_ends(host, sha, sha, OLD)
        case "commit" if told["loaded"] == sha:
            assert host.ask("commit", sha).last == "ok"
            check_ends(host, sha, sha, sha)
        case _:
            assert host.ask("rollback", OLD).last == "ok"
            check_ends(host, sha, OLD, OLD)


@pytest.mark.parametrize(
    ("point", "verb", "least"),
    [
        ("uploaded", "stage", 1),
        ("staged", "install", 8),
        ("installed", "unload", 2),
        ("unloaded", "load", 8),
        ("loaded", "commit", 10),
        ("committed", "rollback", 12),
        ("loaded", "rollback", 5),
    ],
)
def test_a_verb_that_was_cut_off_is_told_as_it_is_and_ends_right(
    bench: Bench, tmp_path: Path, point: str, verb: str, least: int
) -> None:
    words = {"stage": ("stage", bench.sha, "verify"), "unload": ("unload", OLD), "rollback": ("rollback", OLD)}
    assert each_cut(bench, tmp_path, point, words.get(verb, (verb, bench.sha))) >= least


def test_a_commit_that_was_cut_off_is_taken_back_from_each_point(bench: Bench, tmp_path: Path) -> None:
    for call in range(1, ENDS):
        host = bench.server("loaded", tmp_path / str(call))
        host.cut_at(call, after=True)
        host.ask("commit", bench.sha)
        if not host.uncut():
            return
        host.cut_at(call, after=True)  # the roll-back is cut off too
        host.ask("rollback", OLD)
        host.uncut()
        check_told(host, bench.sha, f"roll-back cut at call {call}")
        assert host.ask("rollback", OLD).last == "ok"
        check_ends(host, bench.sha, OLD, OLD)
    raise AssertionError("it never ended")
