# SPDX-License-Identifier: Apache-2.0
"""`projectionist web`, `users`, `tokens`: the board of a site, and who may come in, from the command line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("projectionist")
PASSWORD = "a long password"  # of a test
CONFIG = """\
[site]
id = "rialto"
name = "Rialto <3"
state = "{state}"
zone = "Europe/Vienna"
[ssh]
authority = "{state}/ca"
[[servers]]
id = "p1"
host = "192.0.2.1"
host_key = "ssh-ed25519 AAAA"
[[halls]]
id = "h1"
name = "Großes Haus"
projection = "p1"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return site_in(tmp_path)


@pytest.fixture(scope="module")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose web was never started."""
    return site_in(tmp_path_factory.mktemp("nameless"))


def site_in(directory: Path) -> Path:
    path = directory / "cinema.toml"
    path.write_text(CONFIG.format(state=directory / "state"), encoding="utf-8")
    return path


def run(config: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command on the site, with this on standard input."""
    return subprocess.run(
        [PROGRAM, *words, "--config", config], input=typed, capture_output=True, text=True, timeout=60, check=False
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(config: Path, cwd: Path) -> Iterator[str]:
    """Serve the site; yield its address. Ended by SIGINT, as by Ctrl-C, within 5 s."""
    web = subprocess.Popen(
        [PROGRAM, "web", "--config", config, "--port", "0"], stderr=subprocess.PIPE, text=True, cwd=cwd
    )
    try:
        assert web.stderr is not None
        lines = iter(web.stderr)
        started = next(line for line in lines if "web_started" in line)
        yield json.loads(started)["address"]
        web.send_signal(signal.SIGINT)
        rest = web.communicate(timeout=5)[1]
        assert "Traceback" not in rest
    finally:
        web.kill()
        web.communicate(timeout=10)


class Refused(Exception):
    """An answer that is none: its status, and what it says."""


def get(address: str, path: str, token: str) -> Any:
    """Return what the API answers; a refusal is raised with its words."""
    asked = urllib.request.Request(f"{address}/api/v1{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  # our own address
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            raise Refused(refused.code, refused.read().decode()) from refused


def status(address: str, path: str, token: str) -> int:
    try:
        get(address, path, token)
    except Refused as refused:
        return int(refused.args[0])
    return 200


@pytest.mark.slow
def test_a_site_is_served_to_a_token_until_it_is_revoked(config: Path, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()  # a directory of that name where one stands must not be taken for ours
    (tmp_path / "web" / "__main__.py").write_text("raise SystemExit('the wrong web')", encoding="utf-8")
    with serving(config, tmp_path) as address:
        token = said(run(config, "tokens", "add", "wall screen", "--scope", "view", "--days", "30")).strip()
        assert token.startswith("prj_rialto_")
        site = get(address, "/site", token)
        assert (site["id"], site["name"], site["zone"]) == ("rialto", "Rialto <3", "Europe/Vienna")
        assert [hall["name"] for hall in get(address, "/halls", token)["halls"]] == ["Großes Haus"]

        listed = said(run(config, "tokens", "list"))
        found = re.match(r"(\w+) wall screen: view, made \S+, used \S+, ends \S+\n", listed)
        assert found is not None, listed
        assert token.rpartition("_")[2] not in listed
        assert said(run(config, "tokens", "revoke", found[1])) == "wall screen is revoked.\n"
        assert status(address, "/site", token) == 401
    assert token not in (tmp_path / "state" / "web.secret").read_text(encoding="utf-8")


def test_a_port_that_is_taken_is_told_with_2(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run(config, "web", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr.endswith(
        f"projectionist: Port {port} of 127.0.0.1 is taken: end what listens there, or name another with --port.\n"
    )


def test_an_address_that_is_not_ours_is_told_with_2(config: Path) -> None:
    done = run(config, "web", "--host", "192.0.2.1")
    assert done.returncode == 2
    assert "192.0.2.1 port 8000 cannot be listened on" in done.stderr


@pytest.mark.slow
def test_users_are_made_listed_and_changed(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJECTIONIST_STATE", "/nowhere")  # a configuration that is named counts for more
    assert said(run(config, "users", "add", "anna", "--scope", "operate", typed=f"{PASSWORD}\n")) == (
        "anna may operate halls.\n"
    )
    assert said(run(config, "users", "list")) == "anna: operate, never logged in\n"
    assert said(run(config, "users", "scope", "anna", "admin")) == "anna may do everything.\n"
    assert "another password" in said(run(config, "users", "password", "anna", typed="quite another one\n"))
    assert said(run(config, "users", "list")) == "anna: admin, never logged in\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("users", "add", "anna"), "short\n", "too short"),
        (("users", "add", "anna"), "", "too short"),
        (("users", "add", "an na"), f"{PASSWORD}\n", "is no user name"),
        (("users", "scope", "nobody", "admin"), "", "There is no user nobody"),
        (("users", "scope", "nobody", "king"), "", "invalid choice: 'king'"),
        (("tokens", "revoke", "0"), "", "There is no token 0"),
        (("tokens", "add", "early"), "", "start `projectionist web` once"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(nameless: Path, words: tuple[str, ...], typed: str, told: str) -> None:
    done = run(nameless, *words, typed=typed)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_authoritys_passphrase_does_not_reach_the_web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from adapters.ssh.authority import PASSPHRASE_VARIABLE
    from hall_runtime.web_child import web_environment

    monkeypatch.setenv(PASSPHRASE_VARIABLE, "of the authority")
    assert "of the authority" not in web_environment(tmp_path).values()
    assert os.environ[PASSPHRASE_VARIABLE] == "of the authority"
