# SPDX-License-Identifier: Apache-2.0
"""Small C programs of the tests, built on this machine without libraries, so that they run in any guest."""

from pathlib import Path

from tests.vm.places import REPOSITORY, digest, file_digest, made, run

_SOURCES = Path(__file__).with_name("c")


def static_program(name: str) -> Path:
    """Return the program of `tests/vm/c/NAME.c` and `NAME_*.c`, built the first time; it may include kmod/reel_abi.h.

    Raises:
        BenchFailed: it does not compile.
    """
    sources = sorted((*_SOURCES.glob(f"{name}.[ch]"), *_SOURCES.glob(f"{name}_*.c")))
    abi = REPOSITORY / "kmod" / "reel_abi.h"

    def build(new: Path) -> None:
        run(
            "gcc",
            "-std=gnu11",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-static",
            f"-I{abi.parent}",
            *(source for source in sources if source.suffix == ".c"),
            "-o",
            new / name,
        )

    return made(f"program-{name}", digest(file_digest(*sources, abi), run("gcc", "--version")), build) / name
