# SPDX-License-Identifier: Apache-2.0
"""A server as a deployment meets it: what is on its disk outlives a restart, what is loaded does not."""

from dataclasses import dataclass, field
from typing import Any

from statemachines import deployment_effects as fx
from statemachines import deployment_events as de
from statemachines.deployment_facts import Check, Findings, Release

OLD = "0" * 64
NEW = "a" * 64
KERNEL, VERMAGIC = "6.1.0-32-amd64", "6.1.0-32-amd64 SMP preempt mod_unload modversions"
RELEASE = Release(id="reelctl-2", sha256=NEW, size=90_000, kernel=KERNEL, vermagic=VERMAGIC, abi_min=1, abi_max=2)


@dataclass
class ModelServer:
    """`ills` are what is wrong with the new module: mute, oops, abi, self_test, drill; `refuses` are verbs."""

    boots: str = OLD
    loaded: str = OLD
    staged: set[str] = field(default_factory=set)
    installed: set[str] = field(default_factory=set)
    run: int = 1
    epoch: int = 1
    devices: int = 2
    free: int = 1 << 30
    kernel: str = KERNEL
    ills: frozenset[str] = frozenset()
    refuses: dict[str, str] = field(default_factory=dict)

    def restart(self) -> None:
        self.run += 1
        self._load(self.boots)

    def _load(self, sha256: str) -> None:
        self.loaded = sha256
        self.epoch += 10

    @property
    def epochs(self) -> tuple[int, ...]:
        return tuple(self.epoch + each for each in range(self.devices)) if self.loaded else ()

    @property
    def found(self) -> Findings:
        return Findings(
            boot_id=f"run{self.run}",
            kernel=self.kernel,
            vermagic=VERMAGIC,
            free=self.free,
            loaded=self.loaded,
            boots=self.boots,
            staged=tuple(sorted(self.staged)),
            installed=tuple(sorted(self.installed)),
            epochs=self.epochs,
        )

    @property
    def old_good(self) -> bool:
        return self.loaded == self.boots == OLD

    @property
    def new_good(self) -> bool:
        return self.loaded == self.boots == NEW

    def do(self, asked: fx.ServerStep) -> list[de.DeploymentEvent]:
        """Do a step and return its answer. A kernel that falls over answers nothing and starts again."""
        verb = type(asked).__name__.lower()
        told: dict[str, Any] = {"deployment": asked.deployment, "number": asked.number}
        if verb in self.refuses:
            return [de.StepRefused(**told, words=self.refuses[verb])]
        match asked:
            case fx.Inspect():
                return [de.ServerInspected(**told, found=self.found)]
            case fx.Stage():
                self.staged.add(asked.release.sha256)
                return [de.ReleaseStaged(**told)]
            case fx.Install():
                assert asked.release.sha256 in self.staged
                self.installed |= {asked.release.sha256, self.boots} - {""}
                return [de.ReleaseInstalled(**told)]
            case fx.Unload():
                self.loaded = ""
                return [de.ModuleUnloaded(**told)]
            case fx.Load():
                return self._insert(asked, told)
            case fx.Probe():
                return self._probe(asked, told)
            case fx.Commit():
                assert self.loaded == NEW, "only what runs is made to boot"
                self.boots = NEW
                return [de.ReleaseCommitted(**told)]
            case fx.Rollback():
                if self.loaded != asked.to:
                    self._load(asked.to)
                self.boots = asked.to
                return [de.ServerRolledBack(**told)]
            case _:
                raise AssertionError(asked)

    def _insert(self, asked: fx.Load, told: dict[str, Any]) -> list[de.DeploymentEvent]:
        assert asked.release.sha256 in self.installed
        assert self.loaded in ("", NEW)
        if "oops" in self.ills:
            self.restart()
            return [de.ConnectionLost(**told, words="the connection is mute")]
        if self.loaded != NEW:
            self._load(NEW)
        return [de.ModuleLoaded(**told, epochs=self.epochs)]

    def _probe(self, asked: fx.Probe, told: dict[str, Any]) -> list[de.DeploymentEvent]:
        ills = self.ills if self.loaded == NEW else frozenset()
        answers: list[de.DeploymentEvent] = []
        for check in asked.checks:
            passed = str(check) not in ills or check is Check.ABI
            abi = 3 if "abi" in ills else 2
            words = "" if passed else "tacho"
            answers.append(de.CheckAnswered(**told, check=check, passed=passed, abi=abi, words=words))
        heard = () if "mute" in ills else asked.epochs
        return answers + [de.HeartbeatHeard(deployment=asked.deployment, epoch=epoch) for epoch in heard]
