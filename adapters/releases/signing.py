# SPDX-License-Identifier: Apache-2.0
"""Detached signatures over manifests, made and verified by ssh-keygen. Whoever verifies holds no private key."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from adapters.releases.errors import NotSigned

NAMESPACE = "reel-release"
"""What a signature must be for, so that one made for something else is worth nothing here."""
SIGNATURE_MOST = 8_192
UNSIGNED = "it is not signed"
UNKNOWN = "it is signed by somebody unknown"
CHANGED = "it was changed after it was signed"
_OTHER = "its signature is for something else than a release"
_SLOW = "its signature could not be verified in time"
_NOBODY = "nobody may sign releases here yet: name the signers"

_LIMIT_S = 10.0


class Verified(NamedTuple):
    """Who signed; or in `problem` why it does not count, as the rest of a sentence."""

    signer: str = ""
    problem: str = ""


def write_signers(file: Path, lines: Sequence[str]) -> None:
    """Write who may sign, a line `IDENTITY KEYTYPE KEY` each; without lines a file that is there stays."""
    if lines:
        new = file.with_name(f"{file.name}.new")
        new.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        new.replace(file)


def signed(manifest: bytes, key: Path) -> bytes:
    """Return the signature of a manifest by this private key. A passphrase is asked for on the terminal.

    Raises:
        NotSigned: ssh-keygen does not sign with it.
    """
    done = subprocess.run(
        ("ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", key), input=manifest, capture_output=True, check=False
    )
    if done.returncode or not done.stdout:
        raise NotSigned(f"it was not signed: {_last_line(done.stderr) or 'ssh-keygen made no signature'}")
    return done.stdout


def verified(manifest: bytes, signature: bytes | None, signers: Path) -> Verified:
    """Say who signed a manifest. `signers` is an allowed-signers file of ssh-keygen."""
    if not signature or not signature.strip():
        return Verified(problem=UNSIGNED)
    if len(signature) > SIGNATURE_MOST:
        return Verified(problem=f"its signature has {len(signature)} bytes, at most {SIGNATURE_MOST} are read")
    if not signers.is_file():
        return Verified(problem=_NOBODY)
    with tempfile.TemporaryDirectory(prefix="reel-release-") as name:
        kept = Path(name, "signature")
        kept.write_bytes(signature)
        try:
            return _verified(manifest, kept, signers)
        except subprocess.TimeoutExpired:
            return Verified(problem=_SLOW)


def _verified(manifest: bytes, signature: Path, signers: Path) -> Verified:
    found = _keygen("find-principals", "-s", str(signature), "-f", str(signers))
    names = found.stdout.decode(errors="replace").splitlines()
    if found.returncode or not names:
        return Verified(problem=_unmatched(found.stderr))
    signer = names[0].split(",")[0].strip()
    asked = ("-n", NAMESPACE, "-f", str(signers), "-I", signer, "-s", str(signature))
    done = _keygen("verify", *asked, given=manifest)
    if done.returncode == 0:
        return Verified(signer=signer)
    if b"incorrect signature" in done.stderr:
        return Verified(problem=CHANGED)
    return Verified(problem=_OTHER if b"namespace" in done.stderr else UNKNOWN)


def _unmatched(said: bytes) -> str:
    if b"sshsig" in said or b"parse signature" in said:
        return "its signature cannot be read"
    return "its signer's key is not good any more" if b"expired" in said else UNKNOWN


def _keygen(what: str, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = ("ssh-keygen", "-Y", what, *arguments)
    return subprocess.run(command, input=given, capture_output=True, timeout=_LIMIT_S, check=False)


def _last_line(said: bytes) -> str:
    return next(reversed(said.decode(errors="replace").strip().splitlines()), "")[:200]
