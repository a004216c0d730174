# SPDX-License-Identifier: Apache-2.0
"""Modules that differ from ours in one named respect, built from the sources in a copy; and those that are spoilt."""

import re
import shutil
from pathlib import Path

from tests.vm.kernel import Kernel
from tests.vm.modules import compiled, module_sources
from tests.vm.places import digest, file_digest, made, run

SOUND, NEXT, MUTE, SICK, FOREIGN, UNLOCKED, STILL, OOPSING = (
    "two three mute sick foreign unlocked still oopsing".split()
)

_EDITS = {
    SOUND: ("reel_main.c", 'MODULE_LICENSE("GPL");', 'MODULE_LICENSE("GPL");\nMODULE_VERSION("2");'),
    NEXT: ("reel_main.c", 'MODULE_LICENSE("GPL");', 'MODULE_LICENSE("GPL");\nMODULE_VERSION("3");'),
    MUTE: ("reel_post.c", "kobject_uevent_env(&r->cls->kobj, KOBJ_CHANGE, keys);", "(void)keys;"),
    SICK: ("reel_core.c", "if (r->thread_asked)", "if (true)"),
    FOREIGN: ("reel_sysfs.c", "REEL_ABI_VERSION);", "REEL_ABI_VERSION + 98);"),
    UNLOCKED: ("reel_verbs.c", "return REEL_ANSWER_REFUSED_INTERLOCK;", "return REEL_ANSWER_OK;"),
    STILL: ("reel_light.c", "	if (!r->s.dowser_open && !reel_speed_holds(r))\n		return false;\n", ""),
    OOPSING: ("reel_main.c", "int error = class_register(&reel_class);", "int error = READ_ONCE(*(int *)8);"),
}
"""What is changed in which file: it says a version, or the next one; it says no event after `added`; it fails its

self-test; it speaks another ABI; it obeys where interlocks forbid it; it lets light fall on film that stands; it ends
the kernel when it is loaded.
"""


def variants(kernel: Kernel) -> dict[str, Path]:
    """Return all modules by their names, built the first time."""
    sources = module_sources(simulated=False)
    place = made(
        "variants",
        digest(kernel.release, file_digest(*sources), *(word for edit in _EDITS.values() for word in edit)),
        lambda new: _build(kernel, sources, new),
    )
    return {name: place / f"{name}.ko" for name in _EDITS}


def _build(kernel: Kernel, sources: list[Path], new: Path) -> None:
    tree = new / "tree"
    tree.mkdir()
    for path in sources:
        shutil.copy(path, tree)
    for name, (file, ours, theirs) in _EDITS.items():  # in one tree: only what is changed is compiled again
        source = tree / file
        text = source.read_text()
        assert ours in text, f"{file} has no '{ours}' any more: change the variant {name}"
        source.write_text(text.replace(ours, theirs))
        compiled(kernel, tree)["reelctl.ko"].rename(new / f"{name}.ko")
        source.write_text(text)
    shutil.rmtree(tree)


def for_another_kernel(module: Path, kernel: Kernel, target: Path) -> None:
    """Write a module that says it is for the next kernel, one without preemption.

    Where symbols have versions, as Debian's have, the kernel itself does not look at the release's name alone.
    """
    for_another_build(module, target)
    other = re.sub(r"\d(?=-amd64$)", lambda last: str((int(last[0]) + 1) % 10), kernel.release)
    data = target.read_bytes()
    theirs = data.replace(b"vermagic=" + kernel.release.encode(), b"vermagic=" + other.encode())
    assert theirs != data, f"{module.name} is not for {kernel.release}"
    target.write_bytes(theirs)


def for_another_build(module: Path, target: Path) -> None:
    """Write a module that says it is for a kernel of the same name, built without preemption."""
    data = module.read_bytes()
    ours = re.search(rb"\0(vermagic=[^\0]*)\0", data)
    assert ours, f"{module.name} says no vermagic"
    theirs = ours[1].replace(b" preempt ", b" ")
    assert len(theirs) < len(ours[1]), f"{ours[1]!r} is another form than expected"
    target.write_bytes(data.replace(ours[1], theirs.ljust(len(ours[1]), b"\0")))


def vermagic(module: Path) -> str:
    """Return what a module says of the kernel that it is for."""
    return run("/sbin/modinfo", "-F", "vermagic", module).strip()
