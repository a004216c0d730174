# SPDX-License-Identifier: Apache-2.0
"""reel-deploy as a program: each shell reads it, nothing but its verbs is taken, and it evaluates nothing."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.shipped import Shipped, make_signer, module, ship
from tests.support.sysroot import OLD, Sysroot

AGENT = Path(__file__).parents[2] / "adapters" / "ssh" / "agent"
PARTS = sorted(AGENT.glob("reel-deploy*"))
SHELLS = ("dash", "bash", "busybox sh")
SHA = "0" * 64


def ask(shell: str, host: Sysroot, request: str, data: bytes = b"") -> tuple[int, str]:
    done = subprocess.run(
        [*shell.split(), host.root / "usr/local/lib/reel/reel-deploy", host.root],
        input=data,
        capture_output=True,
        env={"SSH_ORIGINAL_COMMAND": request, "PATH": os.defpath},
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout.decode()


@pytest.fixture
def host(tmp_path: Path) -> Sysroot:
    return Sysroot(tmp_path / "host", make_signer(tmp_path))


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_reads_every_part(shell: str) -> None:
    assert len(PARTS) == 5
    for part in PARTS:
        subprocess.run([*shell.split(), "-n", part], check=True)


def test_nothing_is_evaluated() -> None:
    lines = [line for part in PARTS for line in part.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if re.search(r"\beval\b|sh -c|`", line.partition(" # ")[0])] == []


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "request_line",
    [
        "",
        " ",
        "shell",
        "inspect inspect",
        "inspect;id",
        "inspect\nid",
        "inspect\tx",
        "stage x verify",
        f"stage {SHA} put passwd",
        f"stage {SHA} put",
        f"stage {SHA} get manifest",
        f"install {SHA}0",
        f"install {SHA.replace('0', 'A')}",
        "load none",
        "unload " + "x" * 65,
        f"probe {SHA} all",
        "rollback",
        "rollback unknown",
        "$(touch x)",
        "*",
        "inspect\N{NO-BREAK SPACE}",
    ],
)
def test_what_is_no_verb_changes_nothing(shell: str, host: Sysroot, request_line: str) -> None:
    status, said = ask(shell, host, request_line)
    assert status == 2
    assert said.startswith("refused malformed: ")
    assert said.count("\n") == 1
    assert not (host.root / "var/lib/reel-deploy").exists()


@pytest.mark.parametrize("shell", ["bash", "busybox sh"])
def test_other_shells_stage_as_dash_does(shell: str, host: Sysroot, tmp_path: Path) -> None:
    signer = make_signer(tmp_path, "other")
    host.write("etc/reel/release_signers", signer.allowed)
    release = ship(tmp_path / "release", {"reelctl.ko": module("new"), "agent.conf": b"\n"}, signer)
    for name, path in release.files.items():
        assert ask(shell, host, f"stage {release.sha} put {name}", path.read_bytes()) == (0, "ok\n")
    assert ask(shell, host, f"stage {release.sha} verify") == (0, "signer=releases@example.org\nok\n")
    told = host.ask("inspect").values
    assert (told["staged"], told["boots"]) == (release.sha, OLD)
    status, said = ask(shell, host, f"stage {release.sha} put agent.conf", b"x\n")
    assert (status, said.splitlines()[-1]) == (
        1,
        "refused agent.conf is not what it is named as: tampered with, or damaged on its way",
    )


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("id=x\n", "lacks format=1"),
        ("format=2\n", "reads format=1"),
        ("format=1\n", "names no reelctl.ko"),
        (f"format=1\nfile=reelctl.ko {SHA} 1\nfile=reelctl.ko {SHA} 1\n", "twice"),
        (f"format=1\nfile=../passwd {SHA} 1\n", "another form"),
        (f"format=1\nfile=reelctl.ko {SHA[1:]} 1\n", "another form"),
        (f"format=1\nfile=reelctl.ko {SHA} 99999999999999999999\n", "another form"),
        (f"format=1\nfile=reelctl.ko {SHA} 1 2\n", "another form"),
        (f"format=1\nfile=reelctl.ko {SHA} -1\n", "another form"),
        ("format=1\nnotes=\N{LATIN SMALL LETTER E WITH ACUTE}\n", "printable ASCII"),
        ("format=1\nnotes=a\x1b[2J\n", "printable ASCII"),
    ],
)
def test_a_manifest_of_another_form_is_refused(host: Sysroot, tmp_path: Path, manifest: str, words: str) -> None:
    release = ship(tmp_path / "odd", {"reelctl.ko": module("new")}, make_signer(tmp_path, "key"), manifest=manifest)
    assert host.ask("stage", release.sha, "put", "manifest", data=manifest.encode()).last == "ok"
    said = host.ask("stage", release.sha, "verify")
    assert said.status == 1
    assert words in said.last


def test_an_upload_has_its_limits(host: Sysroot) -> None:
    said = host.ask("stage", SHA, "put", "manifest", data=b"x" * 16_385)
    assert "tampered with, or damaged" in said.last
    assert host.ask("stage", SHA, "put", "reelctl.ko", data=b"x").status == 1
    assert host.ask("stage", SHA, "put", "manifest.sig", data=b"x" * 20_000).status == 1
    assert list((host.root / "var/lib/reel-deploy/staged" / SHA).iterdir()) == []


def test_what_somebody_replaced_by_hand_is_no_release_any_more(host: Sysroot, tmp_path: Path) -> None:
    signer = make_signer(tmp_path, "key")
    host.write("etc/reel/release_signers", signer.allowed)
    parts = {"reelctl.ko": module("new"), "agent.conf": b"devices = /new\n"}
    release = ship(tmp_path / "release", parts, signer)
    for name, path in release.files.items():
        host.ask("stage", release.sha, "put", name, data=path.read_bytes())
    requests = (
        f"stage {release.sha} verify",
        f"install {release.sha}",
        f"unload {OLD}",
        f"load {release.sha}",
        f"commit {release.sha}",
    )
    for request in requests:
        assert host.ask_line(request).last == "ok"
    host.write("etc/reel/agent.conf", "devices = /by/hand\n")
    told = host.ask("inspect").values
    assert (told["loaded"], told["boots"] != release.sha) == (release.sha, True)
    host.reboot()
    told = host.ask("inspect").values
    assert told["loaded"] == told["boots"] != release.sha
    (host.tree / "updates/reelctl.ko").write_bytes(module("by hand"))
    told = host.ask("inspect").values
    assert (told["loaded"], told["boots"] in ("", OLD)) == (release.sha, False)
    host.write("etc/modules-load.d/reelctl.conf", "# nothing\n")
    assert host.ask("inspect").values["boots"] == ""


def test_a_module_that_came_by_hand_since_is_not_taken_for_the_release(host: Sysroot, tmp_path: Path) -> None:
    host.tool("rmmod", "reelctl")
    stranger = tmp_path / "stranger.ko"
    stranger.write_bytes(module("stranger"))
    host.tool("insmod", str(stranger))
    told = host.ask("inspect").values
    assert (told["loaded"], told["boots"]) == ("unknown", OLD)
    assert host.ask("unload", "unknown").last == "ok"


def test_options_of_another_form_are_not_passed_on(host: Sysroot, tmp_path: Path) -> None:
    signer = make_signer(tmp_path, "key")
    host.write("etc/reel/release_signers", signer.allowed)
    release = ship(tmp_path / "release", {"reelctl.ko": module("new")}, signer)
    for name, path in release.files.items():
        host.ask("stage", release.sha, "put", name, data=path.read_bytes())
    for request in (f"stage {release.sha} verify", f"install {release.sha}", f"unload {OLD}"):
        assert host.ask_line(request).last == "ok"
    host.write("sim/options", "options reelctl spare=$(id)\n")
    assert "another form" in host.ask("load", release.sha).last
    host.write("sim/options", "options reelctl reel_gid=7 spare=2\n")
    assert host.ask("load", release.sha).last == "ok"
    assert host.calls()[-1].endswith("/reelctl.ko reel_gid=7 spare=2")


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        ("", "hall h2 (projection) does not tell whether film is in its path"),
        ("film=0 motor=stop dowser=closed", "hall h2 (projection) does not tell"),
        ("epoch=x film=0", "hall h2 (projection) does not tell"),
        ("epoch=7 motor=stop dowser=closed", "hall h2 (projection) does not tell"),
        ("epoch=7 film=", "hall h2 (projection) does not tell"),
        ("epoch=7 film=0 motor=run dowser=closed", "the motor of hall h2 is on (run)"),
        ("epoch=7 film=0 motor=stop dowser=open", "the dowser of hall h2 is open"),
    ],
)
def test_a_module_that_may_guard_film_is_not_unloaded(host: Sysroot, snapshot: str, words: str) -> None:
    host.write("sys/class/reel/h2-projection/snapshot", f"{snapshot}\n")
    said = host.ask("unload", OLD)
    assert said.status == 1
    assert words in said.last
    assert host.ask("inspect").values["loaded"] == OLD


def test_a_device_whose_snapshot_is_gone_keeps_its_module(host: Sysroot) -> None:
    (host.root / "sys/class/reel/h1-sound/snapshot").unlink()
    assert "refused hall h1 (sound) does not tell" in host.ask("unload", OLD).last
    assert "refused hall h1 (sound) does not tell" in host.ask("rollback", "none").last


def test_a_device_that_says_less_is_unloaded_when_it_says_that_there_is_no_film(host: Sysroot) -> None:
    host.write("sys/class/reel/h2-projection/snapshot", "epoch=7 film=0\n")
    assert host.ask("unload", OLD).last == "ok"


# The agent of a release, before it is the server's.


def loaded(host: Sysroot, tmp_path: Path, parts: dict[str, bytes]) -> Shipped:
    """Bring a release up to where it is loaded."""
    signer = make_signer(tmp_path, "of_agents")
    host.write("etc/reel/release_signers", signer.allowed)
    release = ship(tmp_path / "agents", {"reelctl.ko": module("new"), **parts}, signer)
    for name, path in release.files.items():
        host.ask("stage", release.sha, "put", name, data=path.read_bytes())
    for request in (f"stage {release.sha} verify", f"install {release.sha}", f"unload {OLD}", f"load {release.sha}"):
        assert host.ask_line(request).last == "ok"
    return release


@pytest.mark.parametrize("shell", SHELLS)
def test_our_agent_passes_on_each_device_and_leaves_nothing(shell: str, host: Sysroot, tmp_path: Path) -> None:
    conf = f"devices = {host.root}/sys/class/reel\n".encode()
    release = loaded(host, tmp_path, {"reel-agent": (AGENT / "reel-agent").read_bytes(), "agent.conf": conf})
    before = sorted(host.root.rglob("*"))
    assert ask(shell, host, f"probe {release.sha} agent") == (0, "ok\n")
    assert sorted(host.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"agent.conf": b"devices = /nowhere\n"}, "pong 1 refused 2 down bye"),
        ({"agent.conf": b"device = /sys/class/reel\n"}, "agent.conf: 'device = /sys/class/reel' is"),
        ({"reel-agent": b"#!/bin/sh\necho pong 1; echo snapshot 2 epoch=1 x; echo bye\n"}, "epoch=1 x bye"),
        ({"reel-agent": b"#!/bin/sh\nwhile :; do echo pong 1; done\n"}, "does not answer as it must: pong 1 pong 1"),
        ({"reel-agent": b"#!/bin/sh\n"}, "does not answer as it must: it says nothing"),
        ({"reel-agent": b"#!/bin/no/such/shell\n"}, "does not answer as it must"),
    ],
)
def test_an_agent_or_its_configuration_that_does_not_work_is_told(
    host: Sysroot, tmp_path: Path, parts: dict[str, bytes], words: str
) -> None:
    """What a release does not bring is the server's own."""
    (host.root / "usr/local/lib/reel/reel-agent").write_bytes((AGENT / "reel-agent").read_bytes())
    release = loaded(host, tmp_path, parts)
    said = host.ask("probe", release.sha, "agent")
    assert said.status == 1
    assert said.last.startswith("refused hall h1 (projection): the release's agent does not answer")
    assert words in said.last
    assert not (host.root / "usr/local/lib/reel/reel-agent.tried").exists()
