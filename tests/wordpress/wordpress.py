# SPDX-License-Identifier: Apache-2.0
"""A real WordPress on a port: Debian's package, PHP's own server, a MariaDB, our plugin active, people of each kind."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.ports import free_port
from tests.wordpress.database import mariadb
from tests.wordpress.place import PHP, PLUGIN, wordpress_root

SITE = "rialto"
WORKERS = 4
PEOPLE = {"manager": "editor", "operator": "author", "guest": "subscriber"}
"""Who there is beside `admin`, and their roles."""
ROLES = {"editor": "view", "author": "operate"}
_LIMIT_S = 60


@dataclass(frozen=True)
class Booth:
    """The server that a WordPress shows."""

    site: str
    url: str
    token: str


@dataclass(frozen=True)
class WordPress:
    """Where it is, who may sign in, and what its PHP needs in its environment."""

    url: str
    password: str
    environment: Mapping[str, str]
    log: Path

    def php(self, *arguments: str, told: object = None) -> str:
        """Run PHP beside it, with what is told as JSON on its standard input.

        Raises:
            AssertionError: it ended with an error; the text is what it said.
        """
        done = subprocess.run(
            ["php", *arguments],
            env=dict(self.environment),
            input=json.dumps(told),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def defects(self) -> list[str]:
        """Return what PHP has complained of in our files, which it names by where they really are: a warning is one."""
        said = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in said if str(PLUGIN) in line or "projectionist" in line.lower()]

    def run(self, code: str) -> str:
        """Run PHP code inside it; return what it prints."""
        return self.php("-r", f"require getenv('WP_ROOT') . '/wp-load.php'; {code}")


@contextmanager
def wordpress(directory: Path, booths: list[Booth], *, port: int = 0, in_config: bool = True) -> Iterator[WordPress]:
    """Serve one with these booths connected. Their tokens are in its configuration, or else typed into its settings."""
    port = port or free_port()
    with installed(directory, booths, port=port, in_config=in_config) as made, _serving(made, directory, port):
        yield made


@contextmanager
def installed(directory: Path, booths: list[Booth], *, port: int = 80, in_config: bool = True) -> Iterator[WordPress]:
    """The same, not served."""
    root = wordpress_root()
    with mariadb(directory / "mariadb") as database:
        made = WordPress(
            url=f"http://127.0.0.1:{port}",
            password=secrets.token_urlsafe(9),
            environment=_environment(directory, root, database, port, booths if in_config else []),
            log=directory / "wordpress.log",
        )
        create = "$made = new mysqli(null, 'root', '', '', 0, getenv('DB_SOCKET')); $made->query('CREATE DATABASE wp');"
        made.php("-r", create)
        made.php(str(PHP / "install.php"), told=_told(made, booths, in_config=in_config))
        yield made


def _environment(directory: Path, root: Path, database: Path, port: int, booths: list[Booth]) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    ours = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "WP_ROOT": str(root),
        "WP_LOG": str(directory / "wordpress.log"),
    }
    ours |= {"DB_NAME": "wp", "DB_HOST": f"localhost:{database}", "DB_SOCKET": str(database)}
    ours |= {"WP_HOME": url, "WP_SITEURL": url, "WP_SECRET": secrets.token_hex(16)}
    return ours | {f"PROJECTIONIST_TOKEN_{booth.site.upper()}": booth.token for booth in booths}


def _told(made: WordPress, booths: list[Booth], *, in_config: bool) -> dict[str, object]:
    return {
        "title": "Rialto",
        "password": made.password,
        "permalinks": "/%postname%/",
        "people": PEOPLE,
        "roles": ROLES,
        "sites": [{"id": booth.site, "url": booth.url, "token": "" if in_config else booth.token} for booth in booths],
    }


@contextmanager
def _serving(made: WordPress, directory: Path, port: int) -> Iterator[None]:
    log, root = directory / "php.log", made.environment["WP_ROOT"]
    command = ["php", "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}", "-t", root, str(PHP / "router.php")]
    environment = dict(made.environment) | {"PHP_CLI_SERVER_WORKERS": str(WORKERS)}
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        limit = time.monotonic() + _LIMIT_S
        while True:
            try:
                httpx.get(f"{made.url}/wp-login.php", timeout=20).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < limit, log.read_text()[-2000:]
                time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its workers too: a session of their own
        process.wait(5)
