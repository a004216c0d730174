# SPDX-License-Identifier: Apache-2.0
"""The example that people copy is a configuration that runs, and all of its keys can be looked up."""

from pathlib import Path

import pytest

from adapters.ssh.hostkeys import trusted_keys
from hall_runtime.config import load_config
from hall_runtime.keyring import address_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "packaging" / "cinema.toml"


def test_the_example_is_a_configuration() -> None:
    site = load_config(EXAMPLE)
    assert [hall.id for hall in site.halls] == ["h1", "h2"]
    assert site.settings_of(site.halls[1]).platter


@pytest.mark.parametrize("server", ["proj1", "proj2", "sound"])
def test_its_host_keys_are_keys(server: str) -> None:
    site = load_config(EXAMPLE)
    assert trusted_keys(address_of(site, site.server(server))).expected()
