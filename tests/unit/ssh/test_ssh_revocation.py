# SPDX-License-Identifier: Apache-2.0
"""Which serials are revoked, and the list that OpenSSH reads."""

import subprocess
from pathlib import Path

import pytest

from adapters.ssh import krl as krl_module
from adapters.ssh.errors import KrlRefused
from adapters.ssh.krl import build_krl
from adapters.ssh.revocation import RevocationStore, RevocationsUnreadable, Revoked
from tests.support.ssh import authority, mint


def test_serials_are_kept_until_their_certificates_have_ended(tmp_path: Path) -> None:
    store = RevocationStore(tmp_path / "revoked.jsonl")
    assert store.current(0) == ()
    store.add(Revoked(serial=9, until_s=200), now_s=100)
    store.add(Revoked(serial=4, until_s=300), now_s=100)
    store.add(Revoked(serial=9, until_s=200), now_s=100)
    assert store.current(199) == (4, 9)
    assert store.current(200) == (4,)
    store.add(Revoked(serial=5, until_s=400), now_s=250)
    assert store.path.read_text() == '{"serial":4,"until_s":300}\n{"serial":5,"until_s":400}\n'
    assert store.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["", "{", '{"serial":"x","until_s":1}', '{"serial":1}', "\xff"])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    store = RevocationStore(tmp_path / "revoked.jsonl")
    store.path.write_text(f'{{"serial":1,"until_s":9}}\n{line}\n', encoding="latin-1")
    with pytest.raises(RevocationsUnreadable, match="line 2"):
        store.current(0)


def ssh_keygen(*arguments: object) -> str:
    """Return what it says; a status other than 0 or 1 ('a key is revoked') raises."""
    said = subprocess.run(["ssh-keygen", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert said.returncode in (0, 1), said.stderr
    return said.stdout.strip()


async def test_openssh_finds_just_the_revoked_serials_in_the_list(tmp_path: Path) -> None:
    bad, good = mint(), mint()
    krl = tmp_path / "krl"
    krl.write_bytes(await build_krl(authority().public_line, [bad.serial], version=7))
    answers = {}
    for name, credential in (("bad", bad), ("good", good)):
        certificate = tmp_path / f"{name}-cert.pub"
        credential.certificate.write_certificate(str(certificate))
        answers[name] = ssh_keygen("-Q", "-f", krl, certificate).endswith("REVOKED")
    assert answers == {"bad": True, "good": False}
    assert "# KRL version 7" in ssh_keygen("-Q", "-l", "-f", krl)


async def test_an_empty_list_is_a_valid_list(tmp_path: Path) -> None:
    krl = tmp_path / "krl"
    krl.write_bytes(await build_krl(authority().public_line, [], version=3))
    assert "# KRL version 3" in ssh_keygen("-Q", "-l", "-f", krl)


async def test_a_list_that_is_too_big_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(krl_module, "MAX_KRL_BYTES", 300)
    with pytest.raises(KrlRefused, match="size"):
        await build_krl(authority().public_line, range(1, 100_000, 1009), version=1)


async def test_what_openssh_does_not_take_is_told() -> None:
    with pytest.raises(KrlRefused, match="keygen"):
        await build_krl("no key", [1], version=1)
