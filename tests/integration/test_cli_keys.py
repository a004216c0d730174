# SPDX-License-Identifier: Apache-2.0
"""`projectionist keys status` against real sshd: the keys in use, and why a server and we do not agree."""

import re
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from statemachines.session_value import SessionState
from statemachines.words import Role
from tests.support.multiplex import Multiplex

pytestmark = pytest.mark.real_sshd


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Multiplex]:
    with Multiplex(tmp_path, sshd=True) as made:
        yield made


def status(site: Multiplex) -> str:
    asked = site.ask("keys", "status", "--state", site.state)
    assert (asked.returncode, asked.stderr) == (0, ""), asked
    return asked.stdout


def until_refused(site: Multiplex) -> str:
    """Start a runtime whose sessions are refused, and return what `keys status` says then."""
    site.launch()
    site.until("it begins", lambda: site.rows("h1"))
    site.until(
        "both sessions are refused",
        lambda: all(site.session("h1", role).state is SessionState.REFUSED for role in Role),
    )
    return status(site)


def test_keys_in_use_are_told_with_their_serials_and_ends(site: Multiplex) -> None:
    site.start()
    told = status(site)
    for role in Role:
        session = site.session("h1", role)
        assert f"h1 {role}: up, generation {session.gen}" in told
        assert f"serial {session.serial}, minted " in told


def test_a_refused_credential_is_told_with_what_we_know_of_it(site: Multiplex) -> None:
    assert site.sshd is not None
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    trusted = site.sshd.root / "user_ca.pub"
    trusted.write_text(other, encoding="ascii")
    told = until_refused(site)
    for role in Role:
        known = rf"last error credential_refused: .* refused our certificate \d+ for principal reel-h1-{role}, valid "
        assert re.search(known, told), told


def test_another_host_key_is_its_own_error(site: Multiplex) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    other = " ".join(other.split()[:2])
    text = site.config.read_text(encoding="utf-8")
    site.config.write_text(re.sub(r'host_key = "[^"]+"', f'host_key = "{other}"', text), encoding="utf-8")
    told = until_refused(site)
    assert told.count("last error host_key_refused: ") == len(Role), told
    assert "credential_refused" not in told
