# SPDX-License-Identifier: Apache-2.0
"""The module of a release, built for a real kernel from the headers that apt has."""

from pathlib import Path

import pytest

from adapters.releases.build import built, headers_of

KMOD = Path(__file__).parents[2] / "kmod"


@pytest.mark.timeout(300)
def test_our_module_is_built_for_a_real_kernel_and_the_same_bytes_wherever_it_is_built(tmp_path: Path) -> None:
    kernels = [path.name for path in Path("/lib/modules").glob("*") if headers_of(path.name).is_dir()]
    assert kernels, "the packages of the tests bring a kernel's headers"
    made = [built(KMOD, kernels[0], tmp_path / each) for each in ("a", "b")]
    assert made[0].facts.name == "reelctl"
    assert made[0].facts.vermagic.startswith(f"{kernels[0]} ")
    assert made[0].module.read_bytes() == made[1].module.read_bytes()
