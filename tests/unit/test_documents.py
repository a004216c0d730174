# SPDX-License-Identifier: Apache-2.0
"""The documents say what the program does: all alarms, refusals, commands, keys and fields are in them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import typer
from pydantic import BaseModel
from typer.testing import CliRunner

from hall_runtime.cli.app import app
from hall_runtime.config import SiteConfig
from hall_runtime.watch_book import alarm_of
from statemachines import actions, deployment_actions, guards, machine, reasons
from statemachines.hall_table import HALL_TABLE
from statemachines.record import Record
from statemachines.watches import WATCHES
from statemachines.words import Role

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "packaging", ROOT / "web", ROOT / "kmod", ROOT / "wordpress_plugin")
    for path in (folder.rglob("*.md") if folder.name == "docs" else folder.glob("*.md"))
)
COMMAND = typer.main.get_command(app)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# The runbook.


def alarm_names() -> set[str]:
    """Return every alarm that the sources can raise."""
    raised = re.compile(r'raise_(?:alarm|condition)\(\s*(?:draft,\s*)?"(\w+)"')
    sources = [*(ROOT / "statemachines").glob("*.py"), *(ROOT / "hall_runtime").glob("*.py")]
    named = {name for source in sources for name in raised.findall(source.read_text(encoding="utf-8"))}
    bootstrap = re.findall(r'runtime\.raise_condition, "(\w+)"', text_of("hall_runtime/bootstrap.py"))
    causes = {name for name, _words in actions._CAUSES.values()}
    sessions = {f"{name}_{role}" for name in ("certificate_not_renewed", "session_refused") for role in Role}
    links = {alarm_of(role) for role in Role}
    deployments = {deployment_actions.ALARM}
    return named | set(bootstrap) | causes | deployments | sessions | links | {watch.name for watch in WATCHES}


def test_the_runbook_tells_of_every_alarm_and_of_no_other() -> None:
    told = re.findall(r"^\| `(\w+)` \|", text_of("docs/runbook.md"), re.MULTILINE)
    assert sorted(told) == sorted(alarm_names())


def test_the_runbook_repeats_the_words_of_the_faults() -> None:
    runbook = text_of("docs/runbook.md")
    assert [words for _name, words in actions._CAUSES.values() if words.split(":")[0] not in runbook] == [
        "the hardware kept a fault latched while the controller was away"  # the same alarm in other words
    ]


def _sentences(function: Callable[..., Any]) -> Iterator[str]:
    """Yield the fixed parts of what a function may answer."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    body = tree.body[1:] if ast.get_docstring(tree) else tree.body
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value.strip()


def refusals() -> set[str]:
    """Return the fixed parts of every sentence by which something that was asked for is refused."""
    asked = {guard for edge in HALL_TABLE.edges if edge.trigger in reasons.ASKED for guard in edge.guards}
    helpers = (guards._session_up, guards._unclear, machine._ignored, reasons.not_here)
    functions: list[Callable[..., Any]] = [*asked, *helpers]
    found = {part for function in functions for part in _sentences(function)}
    found |= {words for states in reasons._NOT_HERE.values() for words in states.values()}
    internal = ("this snapshot is older", "emergency_stop", "this event was heard before", "is not armed any more")
    return {part.rstrip(" (") for part in found if len(part) >= 12 and not part.strip("' ").startswith(internal)}


# Links, and what the documents must not say.


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        name, _, heading = target.partition("#")
        there = (document.parent / name).resolve() if name else document
        assert there.exists(), target
        if heading:
            slugs = {_slug(line) for line in re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)}
            assert heading in slugs, target


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", text_of("docs/decisions/README.md")))
    assert listed == {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}


# Commands.


def _shown(text: str) -> set[str]:
    """Return the `projectionist …` commands of a document's code, each as a line."""
    blocks = re.findall(r"```(?:sh|text)?\n(.*?)```", text, re.DOTALL)
    lines = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = (re.search(r"\bprojectionist ((?!:)[a-z].*)", line) for line in (*lines, *inline))
    return {match[1].strip() for match in found if match}


def commands() -> set[str]:
    shown = set().union(*(_shown(document.read_text(encoding="utf-8")) for document in DOCUMENTS))
    return {line for line in shown if line.split()[0] in COMMAND.commands}  # type: ignore[attr-defined]


def _command_of(words: list[str]) -> tuple[click.Command, list[str], list[str]]:
    """Return the command that the words name, its path, and the words that are left."""
    command: Any = COMMAND
    path: list[str] = []
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words[0]]
        path, words = [*path, words[0]], words[1:]
    return command, path, words


@pytest.mark.parametrize("line", sorted(commands()))
def test_a_command_that_is_shown_is_there_with_its_options(line: str) -> None:
    command, path, rest = _command_of(line.split())
    assert not hasattr(command, "commands") or not rest, f"{line}: no such command"
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.partition("=")[0] for word in rest if word.startswith("-")}
    assert used <= options, line
    assert CliRunner().invoke(app, [*path, "--help"]).exit_code == 0


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"(?:^|`)make ([a-z-]+)", text_of("README.md"), re.MULTILINE)))
)
def test_a_make_target_of_the_readme_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", text_of("Makefile"), re.MULTILINE)


def _every_command(command: Any, path: str = "projectionist") -> Iterator[tuple[str, click.Command]]:
    for name, each in getattr(command, "commands", {}).items():
        if hasattr(each, "commands"):
            yield from _every_command(each, f"{path} {name}")
        else:
            yield f"{path} {name}", each


@pytest.mark.parametrize(("path", "command"), list(_every_command(COMMAND)), ids=str)
def test_the_reference_has_every_command_with_its_options(path: str, command: click.Command) -> None:
    _, heading, rest = text_of("docs/reference/command-line.md").partition(f"## `{path}")
    assert heading, path
    section = rest.partition("\n## ")[0]
    common = {"--config", "-c", "--state", "--help"}
    options = {name for each in command.params if isinstance(each, click.Option) for name in each.opts} - common
    assert {name for name in options if f"`{name}" not in section} == set()


# The configuration and the log.


def _keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        parts: list[Any] = [field.annotation, *get_args(field.annotation)]
        inner = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
        if inner:
            yield from _keys(inner[0], f"{name}.")
        else:
            yield f"{before}{name}"


def test_the_reference_has_every_key_of_the_configuration() -> None:
    reference = text_of("docs/reference/cinema-toml.md")
    told = set(re.findall(r"^\| `([a-z_.]+)` \|", reference, re.MULTILINE))
    assert told == set(_keys(SiteConfig))


def test_the_reference_has_every_field_of_a_log_row() -> None:
    told = re.findall(r"^\| `(\w+)` \|", text_of("docs/reference/event-log.md"), re.MULTILINE)
    assert [name for name in Record.__struct_fields__ if name not in told] == []


# The README.


def test_the_readme_shows_the_machine_and_the_picture_of_a_run() -> None:
    readme = text_of("README.md")
    assert "<!-- machine: begin -->" in readme
    assert "docs/images/demo.svg" in readme
    picture = text_of("docs/images/demo.svg")
    assert "font-face" not in picture  # nothing is fetched from others
    assert re.findall(r"(?:src|href)=", picture) == []


def test_the_unit_starts_what_the_guide_installs() -> None:
    unit = text_of("packaging/projectionist.service")
    guide = text_of("packaging/README.md")
    start = re.search(r"^ExecStart=(\S+) (.+)$", unit, re.MULTILINE)
    assert start is not None
    assert start[1].rpartition("/")[0] in guide
    command, _path, rest = _command_of(start[2].split())
    assert command.name == "run"
    assert rest == ["--config", "/etc/projectionist/cinema.toml"]
    assert "/etc/projectionist/cinema.toml" in guide
    for line in ("Type=notify", "WatchdogSec=", "LoadCredential=ca-passphrase:/etc/projectionist/ca-passphrase"):
        assert line in unit
