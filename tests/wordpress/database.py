# SPDX-License-Identifier: Apache-2.0
"""A MariaDB of our own: in a directory, behind a socket, gone at the end."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIMIT_S = 60
_ENDS_S = 20
_QUICK = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--performance-schema=OFF",
    "--skip-log-bin",
)
"""Nothing of it outlives a run."""


@contextmanager
def mariadb(directory: Path) -> Iterator[Path]:
    """Run one in an empty directory; yields its socket. Root has no password there, and nobody else sees the socket.

    Raises:
        TimeoutError: it does not begin.
        subprocess.CalledProcessError: its tables cannot be made.
    """
    data, socket, log = directory / "data", directory / "socket", directory / "mariadb.log"
    directory.mkdir(mode=0o700, parents=True)
    common = ["--no-defaults", f"--datadir={data}", "--user=root"]
    made = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    with log.open("ab") as out:
        subprocess.run(made, check=True, timeout=_LIMIT_S, stdout=out, stderr=out)
        run = ["mariadbd", *common, f"--socket={socket}", "--skip-networking", *_QUICK]
        process = subprocess.Popen(run, stdout=out, stderr=out)
    try:
        _begun(process, socket, log)
        yield socket
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_ENDS_S)


def _begun(process: "subprocess.Popen[bytes]", socket: Path, log: Path) -> None:
    limit = time.monotonic() + _LIMIT_S
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > limit:
            raise TimeoutError(f"MariaDB does not begin: {log.read_text()[-2000:]}")
        time.sleep(0.02)
