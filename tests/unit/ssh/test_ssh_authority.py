# SPDX-License-Identifier: Apache-2.0
"""The certificate authority: what its certificates allow, and which files it refuses to use."""

import os
import subprocess
from itertools import pairwise
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ssh import authority as module
from adapters.ssh.authority import (
    Authority,
    Serials,
    create_authority,
    passphrase_from_environment,
    public_path,
)
from adapters.ssh.credential import Order
from adapters.ssh.errors import AuthorityError, AuthorityUnsafe, PassphraseMissing, PassphraseWrong

NOW_S = 1_800_000_000
PASSPHRASE = "correct horse"


@pytest.fixture
def ca_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_BCRYPT_ROUNDS", 50)  # the fewest that bcrypt takes without a warning
    return tmp_path / "ca" / "user_ca"


@pytest.fixture
def ca(ca_path: Path) -> Authority:
    return create_authority(ca_path, PASSPHRASE)


def an_order(**changes: object) -> Order:
    fields: dict[str, object] = {"hall": "alpha", "role": "sound", "force_command": "/x/reel-agent alpha sound"}
    return Order(**(fields | changes))  # type: ignore[arg-type]


def ssh_keygen_reads(certificate: asyncssh.SSHCertificate, directory: Path) -> str:
    path = directory / "id-cert.pub"
    certificate.write_certificate(str(path))
    environment = {**os.environ, "TZ": "UTC"}
    reading = subprocess.run(
        ["ssh-keygen", "-L", "-f", path], capture_output=True, text=True, check=True, env=environment
    )
    return reading.stdout


def test_openssh_reads_just_what_was_ordered(tmp_path: Path) -> None:
    ca = Authority(asyncssh.generate_private_key("ssh-ed25519"))
    order = an_order(source_address=("192.0.2.7/32", "2001:db8::/32"))
    credential = ca.mint(order, now_s=NOW_S, serial=77)
    text = ssh_keygen_reads(credential.certificate, tmp_path)
    words = [line.strip() for line in text.splitlines()]
    assert "Type: ssh-ed25519-cert-v01@openssh.com user certificate" in words
    assert "Serial: 77" in words
    assert 'Key ID: "reel-alpha-sound 77"' in words
    assert "Valid: from 2027-01-15T07:59:00 to 2027-01-15T08:15:00" in words
    principals = words.index("Principals:")
    assert words[principals + 1 : principals + 3] == ["reel-alpha-sound", "Critical Options:"]
    options = words.index("Critical Options:")
    assert sorted(words[options + 1 : options + 3]) == [
        "force-command /x/reel-agent alpha sound",
        "source-address 192.0.2.7/32,2001:db8::/32",
    ]
    assert words[options + 3 :] == ["Extensions: (none)"]


def test_facts_tell_people_all_but_the_key(ca: Authority) -> None:
    credential = ca.mint(an_order(principal="reel-krl"), now_s=NOW_S, serial=5)
    facts = credential.facts()
    assert (facts.serial, facts.principal) == (5, "reel-krl")
    assert (facts.valid_after_s, facts.valid_before_s) == (NOW_S - 60, NOW_S + 900)
    assert "2027-01-15 07:59:00Z to 2027-01-15 08:15:00Z, from any address" in str(facts)
    secret = credential.key.export_private_key().decode().splitlines()[1]
    for text in (repr(credential), repr(facts), str(facts), repr(ca)):
        assert secret not in text
        assert "PRIVATE" not in text
        assert "SSHKey" not in text


def test_each_certificate_has_a_key_of_its_own(ca: Authority) -> None:
    one, other = (ca.mint(an_order(), now_s=NOW_S, serial=serial) for serial in (1, 2))
    assert one.facts().fingerprint != other.facts().fingerprint


@pytest.mark.parametrize(
    "wrong",
    [
        {"hall": "Alpha"},
        {"hall": "a" * 17},
        {"role": ""},
        {"force_command": ""},
        {"force_command": "a\nb"},
        {"principal": "root,reel"},
        {"source_address": ("10.0.0.1/8",)},
        {"source_address": ("booth",)},
        {"life_s": 0},
        {"backdate_s": -1},
    ],
)
def test_an_order_that_no_certificate_must_carry(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        an_order(**wrong)


def test_created_authority_is_private_encrypted_and_loads_again(ca: Authority, ca_path: Path) -> None:
    assert ca_path.stat().st_mode & 0o777 == 0o600
    assert ca_path.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(asyncssh.KeyImportError, match="Passphrase"):
        asyncssh.import_private_key(ca_path.read_bytes())
    assert Authority.load(ca_path, PASSPHRASE).public_line == ca.public_line
    assert public_path(ca_path).read_text().strip() == ca.public_line


def test_openssh_opens_the_authority(ca: Authority, ca_path: Path) -> None:
    reading = subprocess.run(
        ["ssh-keygen", "-y", "-P", PASSPHRASE, "-f", ca_path], capture_output=True, text=True, check=True
    )
    assert reading.stdout.split()[:2] == ca.public_line.split()[:2]


def test_an_authority_is_never_overwritten(ca: Authority, ca_path: Path) -> None:
    with pytest.raises(AuthorityError, match="never overwritten"):
        create_authority(ca_path, PASSPHRASE)
    assert Authority.load(ca_path, PASSPHRASE).public_line == ca.public_line


def test_an_empty_passphrase_protects_nothing(ca_path: Path) -> None:
    with pytest.raises(AuthorityError, match="empty passphrase"):
        create_authority(ca_path, "")
    assert not ca_path.exists()


@pytest.mark.usefixtures("ca")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o700, 0o400])
def test_another_mode_is_refused_with_its_cure(ca_path: Path, mode: int) -> None:
    ca_path.chmod(mode)
    with pytest.raises(AuthorityUnsafe, match=f"has mode {mode:04o}, expected 0600; mend: chmod 0600 {ca_path}"):
        Authority.load(ca_path, PASSPHRASE)


@pytest.mark.usefixtures("ca")
def test_an_open_directory_is_refused(ca_path: Path) -> None:
    ca_path.parent.chmod(0o755)
    with pytest.raises(AuthorityUnsafe, match=f"mend: chmod 0700 {ca_path.parent}"):
        Authority.load(ca_path, PASSPHRASE)


@pytest.mark.usefixtures("ca")
def test_another_owner_is_refused(ca_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    with pytest.raises(AuthorityUnsafe, match=f"belongs to user {us}, expected {us + 1}; mend: chown {us + 1}"):
        Authority.load(ca_path, PASSPHRASE)


@pytest.mark.usefixtures("ca")
def test_a_link_or_a_fifo_in_its_place_is_refused(ca_path: Path) -> None:
    target = ca_path.rename(ca_path.with_name("elsewhere"))
    ca_path.symlink_to(target)
    with pytest.raises(AuthorityUnsafe, match="plain file"):
        Authority.load(ca_path, PASSPHRASE)
    ca_path.unlink()
    os.mkfifo(ca_path, 0o600)
    with pytest.raises(AuthorityUnsafe, match="plain file"):
        Authority.load(ca_path, PASSPHRASE)


@pytest.mark.usefixtures("ca")
def test_a_wrong_passphrase_is_its_own_error(ca_path: Path) -> None:
    with pytest.raises(PassphraseWrong, match="does not open"):
        Authority.load(ca_path, "battery staple")


def test_missing_damaged_and_unencrypted_files(ca: Authority, ca_path: Path) -> None:
    with pytest.raises(AuthorityError, match="not there"):
        Authority.load(ca_path.with_name("nobody"), PASSPHRASE)
    ca_path.write_bytes(ca_path.read_bytes()[:100])
    with pytest.raises(AuthorityError, match="backup"):
        Authority.load(ca_path, PASSPHRASE)
    ca_path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    with pytest.raises(AuthorityUnsafe, match="not encrypted; encrypt it"):
        Authority.load(ca_path, PASSPHRASE)


def test_passphrase_comes_from_systemd_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("PROJECTIONIST_CA_PASSPHRASE", raising=False)
    with pytest.raises(PassphraseMissing, match="LoadCredentialEncrypted=ca-passphrase"):
        passphrase_from_environment()
    monkeypatch.setenv("PROJECTIONIST_CA_PASSPHRASE", "from the environment")
    assert passphrase_from_environment() == "from the environment"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert passphrase_from_environment() == "from the environment"
    (tmp_path / "ca-passphrase").write_text("from systemd\n")
    assert passphrase_from_environment() == "from systemd"


@given(st.lists(st.integers(0, 2**62), min_size=1))
def test_serials_rise_whatever_the_clock_does(clock_ns: list[int]) -> None:
    serials = Serials()
    drawn = [serials.draw(now_ns) for now_ns in clock_ns]
    assert all(before < after for before, after in pairwise(drawn))
    assert all(0 < serial < 2**64 for serial in drawn)
