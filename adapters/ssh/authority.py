# SPDX-License-Identifier: Apache-2.0
"""The project's own user CA: one Ed25519 key, encrypted at rest, that signs short certificates."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import asyncssh

from adapters.ssh.credential import Credential, Order
from adapters.ssh.errors import AuthorityError, AuthorityUnsafe, PassphraseMissing, PassphraseWrong

PASSPHRASE_VARIABLE = "PROJECTIONIST_CA_PASSPHRASE"  # noqa: S105  # a name, not a secret
PASSPHRASE_CREDENTIAL = "ca-passphrase"  # noqa: S105  # likewise
_BCRYPT_ROUNDS = 64
"""Half a second of one core for each try at the passphrase."""


def passphrase_from_environment() -> str:
    """Return the CA's passphrase: the systemd credential `ca-passphrase`, else PROJECTIONIST_CA_PASSPHRASE.

    Raises:
        PassphraseMissing: neither is there, or it is empty.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(directory, PASSPHRASE_CREDENTIAL)
    if directory and credential.is_file():
        passphrase = credential.read_text(encoding="utf-8").rstrip("\r\n")
    else:
        passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not passphrase:
        raise PassphraseMissing(
            f"no passphrase for the certificate authority: give the unit "
            f"LoadCredentialEncrypted={PASSPHRASE_CREDENTIAL}, or set {PASSPHRASE_VARIABLE}"
        )
    return passphrase


@dataclass(frozen=True, slots=True)
class Authority:
    """A loaded certificate authority."""

    _key: asyncssh.SSHKey = field(repr=False)

    @classmethod
    def load(cls, path: Path, passphrase: str) -> Self:
        """Read the authority; takes half a second of CPU.

        Raises:
            AuthorityUnsafe: the file or its directory is not ours alone, or not encrypted.
            PassphraseWrong: the passphrase does not open it.
            AuthorityError: it is missing or is no key.
        """
        text = _read_private(path)
        if _opens(text, None):
            raise AuthorityUnsafe(f"{path} is not encrypted; encrypt it: ssh-keygen -p -f {path}")
        try:
            key = asyncssh.import_private_key(text, passphrase)
        except asyncssh.KeyEncryptionError as wrong:
            raise PassphraseWrong(f"the passphrase does not open {path}") from wrong
        except asyncssh.KeyImportError as wrong:
            raise AuthorityError(f"{path} holds no private key: restore it from its backup") from wrong
        if key.get_algorithm() != "ssh-ed25519":
            raise AuthorityError(f"{path} holds a key of kind {key.get_algorithm()}, expected ssh-ed25519")
        return cls(key)

    @property
    def public_line(self) -> str:
        """Return the line for a server's TrustedUserCAKeys, without a newline."""
        return self._key.export_public_key("openssh").decode("ascii").strip()

    def mint(self, order: Order, *, now_s: int, serial: int) -> Credential:
        """Make a new key pair and sign its certificate. `now_s` is Unix time; for `serial` see `Serials`."""
        key = asyncssh.generate_private_key("ssh-ed25519")
        key_id = f"{order.accepted_principal} {serial}"
        after, before = now_s - order.backdate_s, now_s + order.life_s
        certificate = self._key.generate_user_certificate(
            key,
            key_id,
            serial=serial,
            principals=[order.accepted_principal],
            valid_after=after,
            valid_before=before,
            force_command=order.force_command,
            source_address=order.source_address or None,
            # Each defaults to True in asyncssh.
            permit_x11_forwarding=False,
            permit_agent_forwarding=False,
            permit_port_forwarding=False,
            permit_pty=False,
            permit_user_rc=False,
        )
        return Credential(
            key=key,
            certificate=certificate,
            order=order,
            key_id=key_id,
            serial=serial,
            valid_after_s=after,
            valid_before_s=before,
        )


class Serials:
    """Draws 64-bit serials that rise, also over restarts: ns of wall time, or the last one plus 1."""

    def __init__(self) -> None:
        self._last = 0

    def draw(self, now_ns: int) -> int:
        """Return the next serial; `now_ns` is Unix time in ns."""
        self._last = max(self._last + 1, now_ns)
        return self._last


def create_authority(path: Path, passphrase: str) -> Authority:
    """Create a new authority in a directory of mode 0700: `path` (0600, encrypted) and `path`.pub.

    Raises:
        AuthorityError: it exists already (it is never overwritten), or the passphrase is empty.
        AuthorityUnsafe: the directory is not ours alone.
    """
    if not passphrase:
        raise AuthorityError("an empty passphrase does not protect the certificate authority; give one")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(path.parent, path.parent.stat(), 0o700)
    key = asyncssh.generate_private_key("ssh-ed25519", comment="projectionist user CA")
    text = key.export_private_key("openssh", passphrase, cipher_name="aes256-ctr", rounds=_BCRYPT_ROUNDS)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as there:
        raise AuthorityError(f"{path} exists already; an authority is never overwritten") from there
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    authority = Authority(key)
    public_path(path).write_text(authority.public_line + "\n", encoding="ascii")
    return authority


def public_path(path: Path) -> Path:
    """Return where the public half of the authority at `path` lies; reading it needs no passphrase."""
    return path.with_name(path.name + ".pub")


def _opens(text: bytes, passphrase: str | None) -> bool:
    try:
        asyncssh.import_private_key(text, passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        return False
    return True


def _read_private(path: Path) -> bytes:
    try:
        _require_private(path.parent, path.parent.stat(), 0o700)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as missing:
        raise AuthorityError(f"{path} is not there: create the authority first") from missing
    except OSError as wrong:
        raise AuthorityUnsafe(f"{path} cannot be opened as a plain file of ours: {wrong.strerror}") from wrong
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)  # of the open file: nobody can exchange it in between
        if not stat.S_ISREG(facts.st_mode):
            raise AuthorityUnsafe(f"{path} is not a plain file")
        _require_private(path, facts, 0o600)
        return file.read(16_384)


def _require_private(path: Path, facts: os.stat_result, mode: int) -> None:
    us, found = os.geteuid(), stat.S_IMODE(facts.st_mode)
    if facts.st_uid != us:
        raise AuthorityUnsafe(f"{path} belongs to user {facts.st_uid}, expected {us}; mend: chown {us} {path}")
    if found != mode:
        raise AuthorityUnsafe(f"{path} has mode {found:04o}, expected {mode:04o}; mend: chmod {mode:04o} {path}")
