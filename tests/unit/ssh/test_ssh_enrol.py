# SPDX-License-Identifier: Apache-2.0
"""The enrolment script as text; what it does to a server is an integration test."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from adapters.ssh.enrol import EnrolPlan, enrolment_script
from tests.support.ssh import authority

AGENT_DIRECTORY = Path(__file__).parents[3] / "adapters" / "ssh" / "agent"


def a_plan(**changes: object) -> EnrolPlan:
    plan = EnrolPlan(
        server="proj1",
        seats=(("alpha", "projection"), ("beta", "projection")),
        authority_line=authority().public_line,
        controllers=("192.0.2.7", "2001:db8::/64"),
    )
    return dataclasses.replace(plan, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_each_shell_reads_the_script(shell: str) -> None:
    for plan in (a_plan(), a_plan(signers=(f"me@example.org {authority().public_line}",))):
        subprocess.run([shell, "-n"], input=enrolment_script(plan).encode(), check=True)


def test_the_script_carries_the_programs_unchanged_and_begins_with_the_settings() -> None:
    script = enrolment_script(a_plan())
    for program in ("reel-agent", "reel-agent-legacy.sh", "reel-krl"):
        assert (AGENT_DIRECTORY / program).read_text() in script
    head = script[: script.index("die()")]
    assert "controllers=192.0.2.7/32,2001:db8::/64\n" in head
    assert 'restrict,command="/usr/local/lib/reel/reel-agent beta projection" reel-beta-projection' in head


def test_a_watched_server_streams_kernel_events_to_a_principal_of_its_own() -> None:
    head = enrolment_script(a_plan(watched="reel")).partition("die()")[0]
    command = "/usr/bin/timeout 3700 /usr/bin/udevadm monitor --kernel --property --subsystem-match=reel"
    assert f'restrict,command="{command}" reel-watch' in head
    assert "udevadm=/usr/bin/udevadm\n" in head
    unwatched = enrolment_script(a_plan()).partition("die()")[0]
    assert "reel-watch" not in unwatched
    assert "udevadm=''\n" in unwatched


def test_without_signers_a_server_is_not_enrolled_for_deployments() -> None:
    script = enrolment_script(a_plan())
    head = script.partition("die()")[0]
    assert "signers=''\n" in head
    assert "root_principals=''\n" in head
    assert "reel-krl" in head
    assert "deploy_program() {" not in script


def test_with_signers_root_takes_deployments_and_revoked_keys() -> None:
    script = enrolment_script(a_plan(signers=(f"me@example.org {authority().public_line} a comment",)))
    head = script.partition("die()")[0]
    line = " ".join(authority().public_line.split()[:2])
    assert f"""signers='me@example.org namespaces="reel-release" {line}'\n""" in head
    principals, _, roots = head.partition("root_principals=")
    assert 'restrict,command="/usr/local/lib/reel/reel-deploy" reel-deploy' in roots
    assert "reel-krl /var/lib/reel/revoked.krl" in roots
    assert "reel-krl" not in principals
    programs = sorted(AGENT_DIRECTORY.glob("reel-deploy*"))
    assert len(programs) == 5
    for program in programs:
        assert program.read_text() in script


def test_a_script_that_was_cut_off_does_nothing(tmp_path: Path) -> None:
    """Only `main` on the last line acts; without it nothing is called, whoever runs it."""
    script = enrolment_script(a_plan()).removesuffix("main\n")
    trace = subprocess.run(["sh", "-x"], input=script, cwd=tmp_path, capture_output=True, text=True, check=True)
    steps = [line for line in trace.stderr.splitlines() if line.startswith("+ ")]
    assert [step for step in steps if "=" not in step] == ["+ set -eu", "+ export PATH"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "a; reboot"},
        {"server": ""},
        {"seats": ()},
        {"seats": (("alpha", "root"),)},
        {"seats": (('a"', "sound"),)},
        {"authority_line": "ssh-ed25519 '; reboot"},
        {"controllers": ()},
        {"controllers": ("$(reboot)",)},
        {"devices": "/sys/class/reel; reboot"},
        {"devices": "relative"},
        {"watched": 'reel"; reboot'},
    ],
)
def test_a_part_that_has_no_place_in_a_script(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        enrolment_script(a_plan(**wrong))


def test_a_comment_of_the_authority_is_left_out() -> None:
    assert "reboot" not in enrolment_script(a_plan(authority_line=authority().public_line + " $(reboot)"))
