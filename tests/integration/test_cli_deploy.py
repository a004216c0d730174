# SPDX-License-Identifier: Apache-2.0
"""`projectionist deploy`, from a build to a roll-out that is over: real signatures, and machines that decide."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hall_runtime.cli.app import app
from hall_runtime.cli.common import CommandFailed
from statemachines.rollout_value import RolloutState
from tests.support.deploying_site import describe_servers, put_release
from tests.support.releases import KERNEL, VERMAGIC, Signer, module
from tests.support.rollout_desk import rollout_desk
from tests.support.sites import open_site

pytestmark = pytest.mark.on_files
PROGRAM = Path(sys.executable).with_name("projectionist")


class Desk:
    """A terminal in a directory, and a site with three servers."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.state = directory, directory / "state"
        monkeypatch.chdir(directory)
        monkeypatch.setenv("PROJECTIONIST_STATE", str(self.state))
        monkeypatch.setenv("COLUMNS", "200")
        open_site(self.state)
        describe_servers()
        self.anna = Signer(directory / "keys")
        self.anna.may_sign(self.state / "release_signers")
        (directory / "reelctl.ko").write_bytes(module())

    def run(self, *words: str) -> str:
        """Run a command that does its work; return what it says."""
        status, said = self._run(words)
        assert status == "0", said
        return said

    def refused(self, *words: str, status: int = 1) -> str:
        """Run a command that cannot; return its sentence."""
        found, said = self._run(words)
        assert found == str(status), said
        return said.splitlines()[-1]

    def _run(self, words: tuple[str, ...]) -> tuple[str, str]:
        result = CliRunner().invoke(app, ["deploy", *words])
        if isinstance(result.exception, CommandFailed):
            return str(result.exception.status), f"{result.output}{result.exception}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return str(result.exit_code), result.output

    def release(self, name: str = "reelctl-2") -> None:
        """Build, sign and add a release."""
        self.run("build", name, "--module", "reelctl.ko", "--abi", "1-2", "--notes", "Quieter motor.")
        self.run("sign", name, "--key", str(self.anna.key))
        self.run("add", name)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


# Releases.


def test_a_release_is_built_signed_added_listed_and_withdrawn(desk: Desk) -> None:
    built = desk.run("build", "reelctl-2", "--module", "reelctl.ko", "--abi", "1-2", "--commit", "0123abcd")
    assert f"reelctl-2 holds reelctl-2 for {VERMAGIC}" in built
    assert "not signed yet" not in built
    assert (desk.directory / "reelctl-2" / "manifest").read_text().splitlines()[1:3] == [
        "id=reelctl-2",
        f"kernel={KERNEL}",
    ]
    assert desk.refused("add", "reelctl-2") == "it is not signed"
    assert "signed: reelctl-2" in desk.run("sign", "reelctl-2", "--key", str(desk.anna.key))
    assert "added: reelctl-2" in desk.run("add", "reelctl-2")
    assert "was there already" in desk.run("add", "reelctl-2")
    (line,) = [line for line in desk.run("releases").splitlines() if "reelctl-2" in line]
    assert line.split()[:4:2] == ["reelctl-2", KERNEL]
    assert line.split()[-1] == "good"
    assert "withdrawn: reelctl-2" in desk.run("withdraw", "reelctl-2")
    assert "withdrawn" in desk.run("releases")


def test_what_is_tampered_with_is_not_signed_not_added_and_told_in_the_list(desk: Desk) -> None:
    desk.release()
    file = desk.directory / "reelctl-2" / "reelctl.ko"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    words = "it was changed after it was signed: reelctl.ko is not what the manifest says"
    assert desk.refused("add", "reelctl-2") == words
    assert "not signed: reelctl.ko" in desk.refused("sign", "reelctl-2", "--key", str(desk.anna.key))
    next((desk.state / "releases").glob("*/reelctl.ko")).write_bytes(b"x")
    assert words in desk.run("releases")


def test_a_signature_of_somebody_unknown_is_refused(desk: Desk) -> None:
    desk.run("build", "reelctl-2", "--module", "reelctl.ko", "--abi", "1")
    desk.run("sign", "reelctl-2", "--key", str(Signer(desk.directory / "keys", "eve").key))
    assert desk.refused("add", "reelctl-2") == "it is signed by somebody unknown"


def test_what_cannot_be_built_is_told(desk: Desk) -> None:
    assert "install linux-headers-9.9.9-none" in desk.refused("build", "reelctl-2", "--kernel", "9.9.9-none")
    desk.run("build", "reelctl-2", "--module", "reelctl.ko", "--abi", "1")
    assert "is there already" in desk.refused("build", "reelctl-2", "--module", "reelctl.ko", "--abi", "1")
    assert "give --abi" in desk.refused("build", "reelctl-3", "--module", "reelctl.ko", status=2)
    assert "id is 1 to 48" in desk.refused("build", "Reelctl", "--module", "reelctl.ko", "--abi", "1")
    assert "give both" in desk.refused("build", "r", "--kernel-key", "key", status=2)
    assert not (desk.directory / "Reelctl").exists()


# Roll-outs.


def test_a_roll_out_is_planned_in_waves_and_nothing_begins_by_it(desk: Desk) -> None:
    put_release()
    said = desk.run("plan", "reelctl-2", "--canaries", "1", "--batch", "1", "--window", "23:00-05:30")
    assert said.splitlines() == [
        "planned: r1, reelctl-2 onto 3 server(s)",
        "  canaries: booth1",
        "  wave 1: booth2",
        "  wave 2: booth3",
        "begin it: `projectionist deploy start r1`",
    ]
    assert "Planned, and not begun." in desk.run("status", "r1")
    assert "hours are FROM-TO" in desk.refused("plan", "reelctl-2", "--window", "5", status=2)
    assert "no hall here is served by a server 'booth9'" in desk.refused("plan", "reelctl-2", "--servers", "booth9")
    assert "there is no release 'reelctl-9' here" in desk.refused("plan", "reelctl-9")
    assert "no runtime runs on this site" in desk.refused("start", "r1")


def test_a_dry_run_says_what_it_would_do_and_why_not(desk: Desk) -> None:
    put_release()
    with rollout_desk(desk.state, trouble={"booth3": "it cannot be reached"}):
        said = desk.run("start", "reelctl-2", "--dry-run").splitlines()
    assert said[3] == "booth1 (wave 0) would get it: from 000000000000 to aaaaaaaaaaaa (reelctl-2)"
    assert "booth3 (wave 1) would NOT get it: nothing is known of it: it cannot be reached" in said
    assert said[-1] == "nothing was begun; begin it: `projectionist deploy start r1`"


def test_a_roll_out_runs_to_its_end_and_is_followed(desk: Desk) -> None:
    put_release()
    with rollout_desk(desk.state) as runtime:
        assert "The roll-out runs: 2 waiting, 1 working." in desk.run("start", "reelctl-2")
        assert "refuses begin: it was asked for before" in desk.refused("start", "r1")

        def work() -> None:
            for _ in range(500):
                if not runtime.rollouts["r1"].work():
                    break
                runtime.rollouts["r1"].end()
                time.sleep(0.02)

        worker = threading.Thread(target=work)
        worker.start()
        said = desk.run("status", "r1", "--follow")
        worker.join()
    assert "booth1: 100 % committed" in said
    assert said.splitlines()[-1].endswith("The roll-out is over: 3 committed.")
    assert "3 committed" in desk.run("status", "r1")


def test_a_failing_canary_is_told_with_its_reason_and_both_kernel_logs(desk: Desk) -> None:
    put_release()
    with rollout_desk(desk.state) as runtime:
        desk.run("start", "reelctl-2")
        lived = runtime.rollouts["r1"]
        lived.servers["booth1"].ills = frozenset({"self_test"})
        lived.run().end()
        assert lived.rollout.state is RolloutState.HALTED
        said = " ".join(desk.refused("status", "r1", "--follow", "--log").split())
        assert "canary booth1 did not take the release" in said
        told = desk.run("status", "r1.booth1.1", "--log")
        assert "the self-test failed: tacho" in told
        assert "(probing → rolling back)" in told
        assert told.count("kernel log at") == 2
        lived.servers["booth1"].ills = frozenset()
        assert "The roll-out runs" in desk.run("resume", "r1")
        lived.run().end()
    assert "3 committed" in desk.run("status", "r1")


def test_pause_resume_and_abort_of_a_roll_out_and_of_one_server(desk: Desk) -> None:
    put_release()
    with rollout_desk(desk.state):
        desk.run("start", "reelctl-2")
        assert "r1 pause: The roll-out is paused" in desk.run("pause", "r1")
        assert "refuses pause" in desk.refused("pause", "r1")
        assert "The roll-out runs" in desk.run("resume", "r1")
        assert "r1.booth1.1 pause: It is paused." in desk.run("pause", "r1.booth1.1")
        assert "The server runs what it ran before; it was aborted" in desk.run("abort", "r1.booth1.1")
        assert "it is over" in desk.refused("resume", "r1.booth1.1")
        assert "The roll-out was aborted" in desk.run("abort", "r1")
    assert "there is no deployment 'r1.booth9.1'" in desk.refused("status", "r1.booth9.1")
    assert "there is no roll-out 'r9'" in desk.refused("status", "r9")


def test_the_halls_of_a_deployment_that_failed_are_released(desk: Desk) -> None:
    put_release()
    with rollout_desk(desk.state) as runtime:
        desk.run("start", "reelctl-2")
        lived = runtime.rollouts["r1"]
        lived.servers["booth1"].ills = frozenset({"self_test"})
        lived.servers["booth1"].refuses = {"rollback": "in use"}
        lived.run().end()
        assert "its halls stay held" in desk.run("status", "r1.booth1.1")
        said = desk.run("release", "r1.booth1.1")
        assert "r1.booth1.1 release: What the server runs could not be shown, and its halls were let go" in said
        assert "its halls were let go: plan another" in desk.refused("release", "r1.booth1.1")
        assert "release takes one server's deployment, as r1.booth1.1" in desk.refused("release", "r1")


def test_the_program_itself_ends_with_a_sentence_and_a_status(desk: Desk) -> None:
    asked = subprocess.run([PROGRAM, "deploy", "status", "r9"], capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr == "projectionist: there is no roll-out 'r9' here\n"
