# SPDX-License-Identifier: Apache-2.0
"""What `projectionist run` does not begin: a second runtime, and a site that its configuration does not describe."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.multiplex import Multiplex


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Multiplex]:
    with Multiplex(tmp_path_factory.mktemp("site")) as made:
        made.start()
        yield made


def test_a_second_runtime_on_the_same_site_is_refused_with_the_pid_of_the_first(site: Multiplex) -> None:
    assert site.runtime is not None
    second = site.ask("run", "--config", site.config)
    assert second.returncode == 1
    assert f"a runtime with pid {site.runtime.pid} runs on this site" in second.stderr
    assert "Traceback" not in second.stderr
    site.thread("h1")
    assert site.device("h1").fence == 1


@pytest.mark.parametrize("command", [("log", "prune", "--before", "2000-01-01"), ("log", "import", "{directory}/x")])
def test_what_needs_the_log_for_itself_is_refused_while_the_runtime_runs(
    site: Multiplex, command: tuple[str, ...]
) -> None:
    (site.directory / "x").write_bytes(b"")
    words = [word.format(directory=site.directory) for word in command]
    asked = site.ask(*words, "--state", site.state)
    assert asked.returncode == 1
    assert "runs on this site" in asked.stderr


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ('id = "rialto"', 'id = "The Rialto"', ("site.id = 'The Rialto'", "[a-z0-9]{1,16}")),
        ("rotate_s = ", "rotate_secs = ", ("ssh.rotate_secs", "unknown key")),
        ('sound = "h1s"', 'sound = "h9s"', ("hall 'h1': sound = 'h9s' is no server", "allowed: h1p, h1s")),
        ("[site]", "[site", ("not TOML", "line")),
    ],
)
def test_a_bad_configuration_is_told_with_its_key_and_makes_nothing(
    site: Multiplex, tmp_path: Path, wrong: str, right: str, words: tuple[str, ...]
) -> None:
    config, state = tmp_path / "cinema.toml", tmp_path / "state"
    text = site.config.read_text().replace(str(site.state), str(state))
    assert wrong in text
    config.write_text(text.replace(wrong, right))
    run = site.ask("run", "--config", config)
    assert (run.returncode, run.stdout) == (1, "")
    told = " ".join(run.stderr.split())
    assert all(word in told for word in (str(config), *words)), told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == [config]


def test_a_configuration_that_is_not_there_or_is_no_text_is_told_in_a_sentence(site: Multiplex, tmp_path: Path) -> None:
    missing = site.ask("run", "--config", tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[site]\nname = "Gro\xdfes Haus"\n')
    latin = site.ask("run", "--config", tmp_path / "latin.toml")
    for run in (missing, latin):
        assert run.returncode == 1
        assert "it cannot be read" in " ".join(run.stderr.split())
        assert "Traceback" not in run.stderr


def test_a_site_whose_authority_cannot_be_opened_is_refused_in_a_sentence(site: Multiplex, tmp_path: Path) -> None:
    config = tmp_path / "cinema.toml"
    config.write_text(site.config.read_text().replace(str(site.state), str(tmp_path / "state")))
    run = site.ask("run", "--config", config, passphrase="a guess")
    assert run.returncode == 1
    assert "the passphrase does not open" in " ".join(run.stderr.split())
    assert "a guess" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_database_that_is_none_is_told_in_a_sentence(site: Multiplex, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "site.sqlite").write_bytes(os.urandom(8192))
    config = tmp_path / "cinema.toml"
    config.write_text(site.config.read_text().replace(str(site.state), str(state)))
    run = site.ask("run", "--config", config)
    assert run.returncode == 1
    assert "database cannot be used" in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
