# SPDX-License-Identifier: Apache-2.0
"""Which host keys are trusted."""

import asyncssh
import pytest

from adapters.ssh.hostkeys import ServerAddress, trusted_keys


def _line(kind: str = "ssh-ed25519") -> str:
    return asyncssh.generate_private_key(kind).export_public_key().decode().strip()


def test_pinned_keys_and_host_ca_are_passed_on() -> None:
    one, two, authority = _line(), _line(), _line()
    trusted = trusted_keys(ServerAddress(host="booth", host_keys=(one, two), host_ca=authority))
    keys, authorities, revoked = trusted.known_hosts()
    assert [key.export_public_key().decode().strip() for key in keys] == [one, two]
    assert [key.export_public_key().decode().strip() for key in authorities] == [authority]
    assert revoked == []
    assert len(trusted.expected()) == 3


def test_no_key_at_all_is_never_trust_on_first_use() -> None:
    with pytest.raises(ValueError, match=r"booth:22: .*first use"):
        trusted_keys(ServerAddress(host="booth"))


@pytest.mark.parametrize("line", ["", "ssh-ed25519 AAAA", "booth ssh-ed25519", "x\0y"])
def test_a_line_that_is_no_key_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="booth:22"):
        trusted_keys(ServerAddress(host="booth", host_keys=(line,)))


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(ValueError, match="not ecdsa"):
        trusted_keys(ServerAddress(host="booth", host_keys=(_line("ecdsa-sha2-nistp256"),)))
