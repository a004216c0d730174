# SPDX-License-Identifier: Apache-2.0
"""The machine of a deployment with the real reel-deploy: cut anywhere, the server ends old-good or new-good."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from adapters.ssh.deploy_answers import findings, parse_answer
from adapters.ssh.errors import ServerRefused
from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment_facts import Check, Order, Release
from statemachines.deployment_value import DeploymentState
from tests.support.deployment_story import GOOD_ENDS, Story
from tests.support.shipped import AGENT, ILL_AGENT, KERNEL, VERMAGIC, Shipped, make_signer, module, ship
from tests.support.sysroot import OLD, Said, Sysroot

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TOLD: dict[str, Any] = {"deployment": "d1"}
EVERY = 7
"""Every seventh call of a program is cut; all of them are, verb by verb, in test_deploy_cuts.py."""


class Cut(Exception):
    """reel-deploy was killed."""


class SysrootServer:
    """A server in a story, whose steps the real program does. `restarts`: the power goes with the first cut."""

    def __init__(self, host: Sysroot, shipped: Shipped, *, restarts: bool = False) -> None:
        self.host, self.shipped, self.restarts = host, shipped, restarts

    def _ask(self, *request: str, data: bytes = b"") -> Said:
        said = self.host.ask(*request, data=data)
        if said.status < 0:
            raise Cut
        if said.status:
            parse_answer("".join(f"{line}\n" for line in said.lines).encode(), said.status)
        return said

    def _found(self) -> Any:
        said = self._ask("inspect")
        return findings(parse_answer("".join(f"{line}\n" for line in said.lines).encode(), said.status))

    @property
    def loaded(self) -> str:
        return str(self._found().loaded)

    @property
    def old_good(self) -> bool:
        found = self._found()
        return bool(found.loaded == found.boots == OLD)

    @property
    def new_good(self) -> bool:
        found = self._found()
        return bool(found.loaded == found.boots == self.shipped.sha)

    def do(self, asked: fx.ServerStep) -> list[de.DeploymentEvent]:
        """Do a step and return its answer."""
        number = asked.number
        try:
            return self._done(asked)
        except ServerRefused as refused:
            return [de.StepRefused(**TOLD, number=number, words=refused.words)]
        except Cut:
            lost = de.ConnectionLost(**TOLD, number=number, words="the connection is mute")
            self.host.uncut()
            if self.restarts:
                self.host.reboot()
            return [lost]

    def _done(self, asked: fx.ServerStep) -> list[de.DeploymentEvent]:
        sha, told = self.shipped.sha, TOLD | {"number": asked.number}
        match asked:
            case fx.Inspect():
                return [de.ServerInspected(**told, found=self._found())]
            case fx.Stage():
                for name, path in self.shipped.files.items():
                    self._ask("stage", sha, "put", name, data=path.read_bytes())
                self._ask("stage", sha, "verify")
                return [de.ReleaseStaged(**told)]
            case fx.Install():
                self._ask("install", sha)
                return [de.ReleaseInstalled(**told)]
            case fx.Unload():
                self._ask("unload", asked.sha256)
                return [de.ModuleUnloaded(**told)]
            case fx.Load():
                epochs = self._ask("load", sha).values["epochs"].split(",")
                return [de.ModuleLoaded(**told, epochs=tuple(map(int, epochs)))]
            case fx.Probe():
                answered = [self._checked(check, asked.number) for check in asked.checks]
                return [*answered, *(de.HeartbeatHeard(**TOLD, epoch=epoch) for epoch in asked.epochs)]
            case fx.Commit():
                self._ask("commit", sha)
                return [de.ReleaseCommitted(**told)]
            case fx.Rollback():
                self._ask("rollback", asked.to or "none")
                return [de.ServerRolledBack(**told)]
            case _:
                raise AssertionError(asked)

    def _checked(self, check: Check, number: int) -> de.CheckAnswered:
        try:
            said = self._ask("probe", self.shipped.sha, str(check))
        except ServerRefused as refused:
            return de.CheckAnswered(**TOLD, number=number, check=check, passed=False, words=refused.words)
        return de.CheckAnswered(**TOLD, number=number, check=check, abi=int(said.values.get("abi", 0)))


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shipped]:
    directory = tmp_path_factory.mktemp("machine")
    signer = make_signer(directory)
    Sysroot(directory / "host", signer)
    parts = {"reelctl.ko": module("new"), "reel-agent": AGENT, "agent.conf": b"devices = /new\n"}
    return directory / "host", ship(directory / "release", parts, signer)


def story(host: Sysroot, shipped: Shipped, *, restarts: bool = False) -> Story:
    release = Release(
        id="reelctl-2", sha256=shipped.sha, size=4096, kernel=KERNEL, vermagic=VERMAGIC, abi_min=1, abi_max=2
    )
    server = SysrootServer(host, shipped, restarts=restarts)
    return Story(server, Order(server="s1", halls=("h1", "h2"), release=release))  # type: ignore[arg-type]


@pytest.mark.parametrize("restarts", [False, True])
def test_cut_anywhere_it_ends_with_the_old_or_the_new(
    untouched: tuple[Path, Shipped], tmp_path: Path, restarts: bool
) -> None:
    ends = set()
    for call in range(2, 200, EVERY):
        shutil.copytree(untouched[0], tmp_path / str(call))
        host = Sysroot.at(tmp_path / str(call))
        host.cut_at(call, after=True)
        told = story(host, untouched[1], restarts=restarts)
        told.ask()
        told.run()
        was_cut = not (host.root / "sim/cut").exists()
        told.check_end()
        assert told.deployment.state in GOOD_ENDS, (call, told.deployment.reason, told.deployment.rollback_reason)
        ends.add(told.deployment.state)
        shutil.rmtree(host.root)
        if not was_cut:
            break
    assert DeploymentState.COMMITTED in ends
    assert restarts == (DeploymentState.ROLLED_BACK in ends)


def test_a_module_that_is_not_well_is_taken_back(untouched: tuple[Path, Shipped], tmp_path: Path) -> None:
    for number, ills in enumerate(
        ({"abi": "9"}, {"self_test": "failed:thread"}, {"drill": "ok"}, {"refuse": "Invalid module format"})
    ):
        at = tmp_path / str(number)
        shutil.copytree(untouched[0], at / "host")
        host, signer = Sysroot.at(at / "host"), make_signer(at)
        host.write("etc/reel/release_signers", signer.allowed)
        told = story(host, ship(at / "release", {"reelctl.ko": module("ill", **ills)}, signer))
        told.ask()
        told.run()
        told.check_end()
        assert told.deployment.state is DeploymentState.ROLLED_BACK


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (ILL_AGENT, "the agent is not as it must be: hall h1 (projection): the release's agent does not answer as it"),
        (b"#!/bin/sh\nexec tail -f /dev/null\n", "the release's agent does not answer within 5 s"),
    ],
)
def test_an_agent_that_is_not_well_is_taken_back_with_its_module(
    untouched: tuple[Path, Shipped], tmp_path: Path, agent: bytes, words: str
) -> None:
    shutil.copytree(untouched[0], tmp_path / "host")
    host, signer = Sysroot.at(tmp_path / "host"), make_signer(tmp_path)
    host.write("etc/reel/release_signers", signer.allowed)
    before = host.read("usr/local/lib/reel/reel-agent")
    parts = {"reelctl.ko": module("new"), "reel-agent": agent}
    told = story(host, ship(tmp_path / "release", parts, signer))
    told.ask()
    told.run()
    told.check_end()
    assert told.deployment.state is DeploymentState.ROLLED_BACK
    assert words in told.deployment.reason
    assert host.read("usr/local/lib/reel/reel-agent") == before
