# SPDX-License-Identifier: Apache-2.0
"""The disk of a server in a guest: an enrolled root on ext4, which outlives the machine; and what boots from it."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.ssh.enrol import enrolment_script
from tests.deploy.enforcing import sign, signing_key
from tests.deploy.releases import signer_line
from tests.vm.bench import Bench, booted
from tests.vm.image import enrolment, lay_out, pack, root_digest
from tests.vm.kernel import Kernel
from tests.vm.places import REPOSITORY, digest, file_digest, made, run
from tests.vm.qemu import MachinePlan

SIZE_MIB = 160
_FILES = Path(__file__).with_name("guest_files")
_EXAMPLE = REPOSITORY / "kmod" / "examples" / "reelctl.conf"
_DRIVERS = ("virtio_pci", "virtio_blk", "crc32c_generic", "crc32c_intel", "ext4")
_ENROL = "busybox chown -Rh 0:0 /bin /etc /init /root /sbin /lib /lib64 /usr /var / 2>/dev/null; sh /root/enrol.sh"
_OFF = "rm /root/enrol.sh && sync && mount -o remount,ro / && echo off"


@dataclass(frozen=True, slots=True)
class Disks:
    """What servers are made of: `base` is copied for each of them; `initramfs` only finds the disk."""

    base: Path
    initramfs: Path

    def copy(self, target: Path) -> Path:
        """Make a server's own disk."""
        run("cp", "--sparse=always", "--reflink=auto", self.base, target)
        return target


def make_disks(bench: Bench) -> Disks:
    """Make what is missing: a boot for the enrolment, once."""
    finder = _initramfs(bench.kernel)
    script = enrolment_script(replace(enrolment(bench.keys), signers=(signer_line(),)))
    key = digest(
        root_digest(bench.kernel, bench.modules, bench.keys, script),
        file_digest(Path(__file__), _EXAMPLE, finder, signing_key()[1], *sorted(_FILES.iterdir())),
    )
    return Disks(made("disk", key, lambda new: _make(bench, script, finder, new)) / "disk", finder)


def _make(bench: Bench, script: str, finder: Path, new: Path) -> None:
    root, disk = new / "root", new / "disk"
    lay_out(root, bench.kernel, bench.modules, bench.keys, script)
    shutil.copy(_FILES / "boot.sh", root / "root" / "boot.sh")
    (root / "root" / "boot.sh").chmod(0o755)
    _our_modules(root, bench.kernel)
    run("mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-m", "0", "-d", root, disk, f"{SIZE_MIB}M")
    shutil.rmtree(root)
    machine = booted(MachinePlan(vmlinux=bench.kernel.vmlinux, initramfs=finder, disk=disk))
    try:
        machine.tty.run(_ENROL, 60)
        machine.tty.run(_OFF)
    finally:
        machine.end()


def _our_modules(root: Path, kernel: Kernel) -> None:
    """As the how-to says: reelctl in `updates`, loaded at each start with the options of the example; and signed."""
    modules = root / "usr/lib/modules" / kernel.release
    (modules / "updates").mkdir()
    (modules / "extra/reelctl.ko").rename(modules / "updates/reelctl.ko")
    for module in ("updates/reelctl.ko", "extra/reelsim.ko"):
        sign(kernel, modules / module)
    run("depmod", "-b", root, kernel.release)
    for directory in ("modules-load.d", "modprobe.d"):
        (root / "etc" / directory).mkdir()
    shutil.copy(_EXAMPLE, root / "etc/modprobe.d/reelctl.conf")
    for module in ("reelctl", "reelsim"):
        (root / f"etc/modules-load.d/{module}.conf").write_text(f"{module}\n")


def _initramfs(kernel: Kernel) -> Path:
    busybox = Path(shutil.which("busybox") or "/usr/bin/busybox").resolve()
    key = digest(kernel.release, *_DRIVERS, file_digest(Path(__file__), _FILES / "init", busybox))

    def make(new: Path) -> None:
        root = new / "root"
        for name in ("bin", "dev", "disk", "drivers"):
            (root / name).mkdir(parents=True)
        shutil.copy(busybox, root / "bin/busybox")
        for name in ("sh", "mount", "insmod", "switch_root", "poweroff", "echo"):
            (root / "bin" / name).symlink_to("busybox")
        for number, driver in enumerate(_in_order(kernel)):
            shutil.copy(driver, root / f"drivers/{number:02}-{driver.name}")
        shutil.copy(_FILES / "init", root / "init")
        (root / "init").chmod(0o755)
        pack(root, new / "initramfs.cpio")
        shutil.rmtree(root)

    return made("finder", key, make) / "initramfs.cpio"


def _in_order(kernel: Kernel) -> list[Path]:
    root = kernel.modules.parents[2]
    said = run("modprobe", "-d", root, "-S", kernel.release, "-a", "--show-depends", *_DRIVERS)
    words = (line.split() for line in said.splitlines() if line.startswith("insmod"))
    return [Path(os.path.normpath(path)) for path in dict.fromkeys(word[1] for word in words)]
