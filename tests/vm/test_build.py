# SPDX-License-Identifier: Apache-2.0
"""The modules and the example board compile without a warning for every kernel whose headers can be had here."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vm.headers import installed_headers, newer_headers
from tests.vm.places import REPOSITORY, run

PARTS = (".", "examples")
SECTION = "Kernels that the modules and the example board compile for"
NOTE = "With gcc's `W=1` and sparse; a warning of either is an error."


def compiled(headers: Path, part: str, directory: Path) -> None:
    """Compile a part of a copy of kmod/; whatever the compiler or sparse complains of is a failure."""
    assert shutil.which("sparse"), "sparse is missing; run packaging/system_packages.sh"
    sources = shutil.copytree(REPOSITORY / "kmod", directory / "kmod")
    words = (f"M={sources / part}", "W=1", "KCFLAGS=-Werror", "C=1", "CF=-Wsparse-error", "modules")
    run("make", "-s", "-j2", "-C", headers, *words)
    assert list((sources / part).glob("*.ko"))


def test_there_are_headers_to_build_with() -> None:
    assert installed_headers()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("headers", installed_headers(), ids=lambda headers: str(headers.parent.name))
def test_no_compiler_complains(headers: Path, part: str, tmp_path: Path, measured: Callable[..., None]) -> None:
    compiled(headers, part, tmp_path)
    measured(SECTION, {"kernel": headers.parent.name, "part": f"kmod/{part}"}, NOTE)


def test_no_compiler_complains_of_a_newer_kernel(tmp_path: Path, measured: Callable[..., None]) -> None:
    """Where apt reaches no backports that is told beside the others, so that nobody takes it for tried."""
    headers = newer_headers()
    if headers is None:
        measured(SECTION, {"kernel": "NO NEWER ONE: apt reaches no backports here", "part": "none"}, NOTE)
        return
    for part in PARTS:
        compiled(headers, part, tmp_path / part.strip("."))
        measured(SECTION, {"kernel": headers.name.removeprefix("linux-headers-"), "part": f"kmod/{part}"}, NOTE)
