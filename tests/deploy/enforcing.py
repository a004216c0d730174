# SPDX-License-Identifier: Apache-2.0
"""Kernels that load signed modules only: our key for modules, and firmware that has its certificate in `db`."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.vm.kernel import Kernel
from tests.vm.places import made, run

APPEND = "module.sig_enforce=1"
_OVMF = Path("/usr/share/OVMF")
_CODE, _VARIABLES = _OVMF / "OVMF_CODE_4M.fd", _OVMF / "OVMF_VARS_4M.fd"
_OWNER = "7e0c2a44-5d1b-4f0e-9b46-0d6c1d5d7a11"
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


def signing_key() -> tuple[Path, Path]:
    """Return the private key and the certificate (PEM) that kernel modules are signed with, made the first time."""
    place = made("kernel_key", "1", _make_key)
    return place / "key.pem", place / "certificate.pem"


def sign(kernel: Kernel, module: Path) -> None:
    """Append a signature that an enforcing kernel asks for, if it trusts our certificate."""
    run(kernel.headers / "scripts" / "sign-file", "sha256", *signing_key(), module)


def firmware(directory: Path) -> tuple[Path, Path]:
    """Return a machine's firmware: its code, and in the directory its own variables with our certificate in `db`."""
    _, certificate = signing_key()
    variables = directory / "firmware"

    def enrol(new: Path) -> None:
        program = Path(sys.executable).with_name("virt-fw-vars")
        run(program, "-i", _VARIABLES, "--add-db", _OWNER, certificate, "-o", new / "variables")

    shutil.copy(made("firmware", certificate.parent.name, enrol) / "variables", variables)
    return _CODE, variables


def _make_key(new: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "modules of the bench")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), _FROM, _UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (new / "key.pem").touch(0o600)
    (new / "key.pem").write_bytes(private)
    (new / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
