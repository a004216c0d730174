# SPDX-License-Identifier: Apache-2.0
"""Our kernel modules, built on this machine for the guest's kernel, in a copy of their sources."""

import os
import shutil
from pathlib import Path

from tests.vm.kernel import Kernel
from tests.vm.places import REPOSITORY, digest, file_digest, made, run

_SOURCES = REPOSITORY / "kmod"
_KINDS = ("*.c", "*.h", "Kbuild", "Makefile")


def built_modules(kernel: Kernel) -> Path:
    """Return the directory of the built `*.ko`.

    Raises:
        BenchFailed: they do not compile; the compiler's words are in it.
    """
    sources = module_sources()
    return made("modules", digest(kernel.release, file_digest(*sources)), lambda new: _build(kernel, sources, new))


def module_sources(*, simulated: bool = True) -> list[Path]:
    """Return the sources, with those of the simulated projector or without."""
    paths = sorted(path for kind in _KINDS for path in _SOURCES.glob(kind))
    return paths if simulated else [path for path in paths if not path.name.startswith("reelsim")]


def compiled(kernel: Kernel, tree: Path) -> dict[str, Path]:
    """Compile a copy of the sources; return the modules by name, stripped.

    Raises:
        BenchFailed: they do not compile; the compiler's words are in it.
    """
    run("make", "-C", kernel.headers, f"M={tree}", f"-j{os.cpu_count()}", "modules")
    modules = {path.name: path for path in tree.glob("*.ko")}
    for module in modules.values():
        run("strip", "-g", module)
    return modules


def _build(kernel: Kernel, sources: list[Path], new: Path) -> None:
    tree = new / "tree"
    tree.mkdir()
    for path in sources:
        shutil.copy(path, tree)
    for name, module in compiled(kernel, tree).items():
        module.rename(new / name)
    shutil.rmtree(tree)
