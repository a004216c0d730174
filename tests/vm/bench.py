# SPDX-License-Identifier: Apache-2.0
"""All that a guest is started from, made the first time and kept: kernel, modules, keys, initramfs, snapshot."""

from dataclasses import dataclass
from pathlib import Path

from tests.vm.image import initramfs
from tests.vm.kernel import Kernel, kernel
from tests.vm.keys import Keys, bench_keys
from tests.vm.modules import built_modules
from tests.vm.places import BenchFailed, digest, made, run
from tests.vm.qemu import BOOT_LIMIT_S, Machine, MachinePlan
from tests.vm.qmp import MachineEnded


@dataclass(frozen=True, slots=True)
class Bench:
    """What there is; `modules` has our built *.ko."""

    kernel: Kernel
    keys: Keys
    modules: Path
    initramfs: Path

    def machine(self, *, icount: str = "", processors: int = 1, append: str = "") -> MachinePlan:
        """Return a machine of this kernel and image."""
        return MachinePlan(
            vmlinux=self.kernel.vmlinux,
            initramfs=self.initramfs,
            icount=icount,
            processors=processors,
            append=append,
        )

    def restored(self) -> Machine:
        """Return a running copy of the plain machine as it was when it had booted; takes a fifth of a second."""
        plan = self.machine()
        key = digest(run("qemu-system-x86_64", "--version"), *plan.words())
        return Machine(plan, made("snapshot", key, lambda new: _take(plan, new)) / "state")


def make_bench() -> Bench:
    """Make what is missing.

    Raises:
        BenchFailed: something of this machine is missing, or our modules do not compile.
    """
    ours = kernel()
    keys = bench_keys()
    modules = built_modules(ours)
    return Bench(ours, keys, modules, initramfs(ours, modules, keys))


def booted(plan: MachinePlan) -> Machine:
    """Return a machine that has just booted, as ready as a restored one.

    Raises:
        BenchFailed: it did not come up.
    """
    machine = Machine(plan)
    try:
        machine.tty.wait_ready(BOOT_LIMIT_S)
    except (MachineEnded, TimeoutError) as failed:
        machine.end()
        raise BenchFailed(f"the guest did not come up: {failed}\n{machine.console}") from failed
    return machine


def _take(plan: MachinePlan, new: Path) -> None:
    machine = booted(plan)
    try:
        machine.save(new / "state")
    finally:
        machine.end()
