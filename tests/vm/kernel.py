# SPDX-License-Identifier: Apache-2.0
"""The Debian kernel that belongs to the headers on this machine: fetched and unpacked, never installed."""

import lzma
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.vm.places import BenchFailed, digest, made, run

_HEADERS = "linux-headers-amd64"
_WANTED = (
    *("virtio.ko", "virtio_ring.ko", "virtio_pci.ko", "virtio_pci_*.ko", "virtio_net.ko", "*failover.ko"),
    *("virtio_blk.ko", "ext4.ko", "jbd2.ko", "mbcache.ko", "crc16.ko", "crc32c_generic.ko", "crc32c-intel.ko"),
)
"""All that the guest needs, the second line for its disk, and Debian builds as modules."""
_XZ = b"\xfd7zXZ\x00"


@dataclass(frozen=True, slots=True)
class Kernel:
    """An unpacked kernel: `vmlinux` boots by PVH, `image` by UEFI.

    `modules` is its /lib/modules/RELEASE with what a guest needs.
    """

    release: str
    headers: Path
    vmlinux: Path
    image: Path
    modules: Path


def kernel() -> Kernel:
    """Return the kernel, fetched the first time.

    Raises:
        BenchFailed: no headers are installed, or apt cannot fetch the image.
    """
    release = _release()
    place = made("kernel", f"{release}-{digest(*_WANTED)}", lambda new: _unpack(release, new))
    return Kernel(
        release,
        headers=Path(f"/lib/modules/{release}/build"),
        vmlinux=place / "vmlinux",
        image=place / "boot" / f"vmlinuz-{release}",
        modules=place / "lib" / "modules" / release,
    )


def _release() -> str:
    """Return the release that Debian's newest headers are for: of the full flavour, the cloud one has no GPIO."""
    depends = run("dpkg-query", "-W", "-f", "${Depends}", _HEADERS)
    found = re.search(r"linux-headers-(\S+-amd64)", depends)
    if not found:
        raise BenchFailed(f"{_HEADERS} is not installed; run packaging/system_packages.sh")
    return found[1]


def _unpack(release: str, new: Path) -> None:
    package = _download(release, new)
    lib = f"./lib/modules/{release}"
    patterns = [f"./boot/vmlinuz-{release}", f"{lib}/modules.*", *(f"{lib}/kernel/*/{name}" for name in _WANTED)]
    _extract(package, new, patterns)
    (new / "vmlinux").write_bytes(vmlinux_of((new / "boot" / f"vmlinuz-{release}").read_bytes()))
    run("depmod", "-b", new, release)
    package.unlink()


def _extract(package: Path, new: Path, patterns: list[str]) -> None:
    """Unpack what fits the patterns: 400 MB go through a pipe, 70 MB stay."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking:
        done = subprocess.run(
            ["tar", "-x", "-C", new, "--wildcards", *patterns],
            stdin=unpacking.stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    if done.returncode or unpacking.returncode:
        raise BenchFailed(f"{package.name} cannot be unpacked: {done.stderr.decode(errors='replace')}")


def _download(release: str, directory: Path) -> Path:
    name = f"linux-image-{release}"
    try:
        run("apt-get", "download", name, cwd=directory)
    except BenchFailed:
        if os.geteuid() != 0:
            raise
        run("apt-get", "update", "-qq")  # its lists may be older than what the archive still has
        run("apt-get", "download", name, cwd=directory)
    return next(directory.glob(f"{name}_*.deb"))


def vmlinux_of(image: bytes) -> bytes:
    """Return the plain ELF file inside a bzImage: booting it saves 4 s of unpacking in the guest.

    Raises:
        BenchFailed: it is compressed in another way than by XZ.
    """
    setup_sectors = image[0x1F1] or 4
    offset, length = (int.from_bytes(image[at : at + 4], "little") for at in (0x248, 0x24C))
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start : start + length]
    if not payload.startswith(_XZ):
        raise BenchFailed("the kernel's image is not compressed by XZ, as Debian's is")
    return lzma.LZMADecompressor().decompress(payload)
