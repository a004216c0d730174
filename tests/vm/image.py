# SPDX-License-Identifier: Apache-2.0
"""The guest's root: an initramfs of this machine's own programs, our modules, and what makes it an enrolled server."""

import os
import re
import shutil
from pathlib import Path

from adapters.ssh.enrol import EnrolPlan, enrolment_script
from tests.vm.kernel import Kernel
from tests.vm.keys import Keys
from tests.vm.places import BenchFailed, digest, file_digest, made, run

HALLS = ("h1", "h2", "h3", "h4")
"""The halls that the guest is enrolled for, in both roles; which of them have devices is each guest's own plan."""
CONTROLLER = "10.0.2.2"
"""Where the host's connections come from, as the guest sees it."""

_FILES = Path(__file__).with_name("guest_files")
_PROGRAMS = (
    "busybox dash sshd ssh-keygen udevadm kmod useradd getent install date id stat timeout setpriv flock"
).split()
_OF_KMOD = ("insmod", "rmmod", "modprobe", "lsmod", "modinfo", "depmod")
_LIBRARY = re.compile(r"(/\S+) \(0x")


def initramfs(kernel: Kernel, modules: Path, keys: Keys) -> Path:
    """Return the image, made the first time with these parts."""
    script = enrolment_script(enrolment(keys))

    def make(new: Path) -> None:
        root = new / "root"
        lay_out(root, kernel, modules, keys, script)
        pack(root, new / "initramfs.cpio")
        shutil.rmtree(root)

    return made("image", root_digest(kernel, modules, keys, script), make) / "initramfs.cpio"


def root_digest(kernel: Kernel, modules: Path, keys: Keys, script: str) -> str:
    """Return a key of all that `lay_out` puts into a root."""
    stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in map(_found, _PROGRAMS)]
    ours = [*sorted(_FILES.iterdir()), Path(__file__), *sorted(modules.glob("*.ko"))]
    wanted = sorted(path.name for path in kernel.modules.rglob("*.ko"))
    return digest(kernel.release, *wanted, script, keys.root_public, keys.host_public, *stamps, file_digest(*ours))


def lay_out(root: Path, kernel: Kernel, modules: Path, keys: Keys, script: str) -> None:
    """Make the guest's root in a new directory; `script` will enrol it when it boots first."""
    _system(root, {name: _found(name) for name in _PROGRAMS})
    _settings(root, keys, script)
    _modules(root, kernel, modules)


def enrolment(keys: Keys) -> EnrolPlan:
    """Return what a guest is enrolled for: every hall, in both roles."""
    return EnrolPlan(
        server="vm",
        seats=tuple((hall, role) for hall in HALLS for role in ("projection", "sound")),
        authority_line=keys.authority_line,
        controllers=(CONTROLLER,),
        watched="reel",
    )


def _found(name: str) -> Path:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise BenchFailed(f"{name} is missing on this machine; run packaging/system_packages.sh")
    return Path(found).resolve()


def _system(root: Path, programs: dict[str, Path]) -> None:
    """Programs with their libraries, laid out as on a Debian with a merged /usr; busybox for all the rest."""
    for directory in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc/ssh/sshd_config.d", "root/.ssh", "var/lib"):
        (root / directory).mkdir(parents=True)
    for directory in ("dev", "proc", "sys", "run", "tmp"):
        (root / directory).mkdir()
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    libraries: set[str] = set()
    for name, path in programs.items():
        target = root / str(path).lstrip("/")
        shutil.copy(path, target)
        if target.name != name:
            target.with_name(name).symlink_to(target.name)
        if name != "busybox":  # the static one
            libraries |= set(_LIBRARY.findall(run("ldd", path)))
    for library in libraries:
        target = root / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)
    (root / "usr/bin/sh").symlink_to("dash")
    for name in _OF_KMOD:
        (root / "usr/sbin" / name).symlink_to("../bin/kmod")
    for name in run(programs["busybox"], "--list").split():
        if not any(os.path.lexists(root / there / name) for there in ("usr/bin", "usr/sbin")):
            (root / "usr/bin" / name).symlink_to("busybox")


def _settings(root: Path, keys: Keys, script: str) -> None:
    texts = {
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n",
        "etc/group": "root:x:0:\nnogroup:x:65534:\n",
        "etc/shadow": "root:*:1::::::\nsshd:*:1::::::\n",
        "etc/gshadow": "root:*::\nnogroup:*::\n",
        "etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
        "etc/login.defs": "SYS_UID_MIN 101\nSYS_UID_MAX 999\nSYS_GID_MIN 101\nSYS_GID_MAX 999\n",
        "etc/hosts": "127.0.0.1 localhost booth\n",
        "etc/inittab": (_FILES / "inittab").read_text(),
        "etc/ssh/sshd_config": (_FILES / "sshd_config").read_text(),
        "etc/ssh/ssh_host_ed25519_key.pub": keys.host_public + "\n",
        "etc/ssh/ssh_host_ed25519_key": keys.host_private,
        "root/.ssh/authorized_keys": keys.root_public + "\n",
        "root/enrol.sh": script,
        **{f"root/{path.name}": path.read_text() for path in _FILES.glob("*.sh")},
    }
    for name, text in texts.items():
        (root / name).write_text(text)
        (root / name).chmod(0o755 if name.endswith(".sh") else 0o644)
    for name in ("etc/ssh/ssh_host_ed25519_key", "etc/shadow", "etc/gshadow"):
        (root / name).chmod(0o600)
    for name in ("root", "root/.ssh"):
        (root / name).chmod(0o700)
    (root / "init").symlink_to("usr/bin/busybox")


def _modules(root: Path, kernel: Kernel, modules: Path) -> None:
    target = root / "usr/lib/modules" / kernel.release
    shutil.copytree(kernel.modules, target)
    (target / "extra").mkdir()
    for module in modules.glob("*.ko"):
        shutil.copy(module, target / "extra")
    run("depmod", "-b", root, kernel.release)


def pack(root: Path, image: Path) -> None:
    """Make an initramfs of a root."""
    # "." first: else the guest's / could be written by everybody, and sshd would trust nothing below it.
    names = b"\0".join([b".", *(os.fsencode(path.relative_to(root)) for path in sorted(root.rglob("*")))])
    run("cpio", "--null", "-o", "-H", "newc", "-R", "0:0", "--quiet", "-F", image, cwd=root, stdin=names)
