# SPDX-License-Identifier: Apache-2.0
"""The plugin as files: PHP reads it, it is written alike, its symbols exist, it is fresh where generated, and small."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.wordpress.loads import LOADS
from tests.wordpress.place import PHP, PLUGIN, PROJECT
from tests.wordpress.wordpress import installed

BOARD = PLUGIN / "assets" / "board"


def run(*command: object, environment: Mapping[str, str] | None = None) -> str:
    """Run a program in the project's root; return what it said. It must end well."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compressed(*files: Path) -> int:
    """Return how many bytes a browser is sent."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_php_reads_every_file() -> None:
    for file in sorted(PLUGIN.rglob("*.php")):
        run("php", "-l", file)


def test_it_is_written_as_psr_12_says() -> None:
    run("phpcs", "--standard=PSR12", "-n", "--extensions=php", PLUGIN)


def test_every_symbol_exists_in_this_wordpress_and_is_not_newer_than_php_8_0(tmp_path: Path) -> None:
    with installed(tmp_path / "wordpress", []) as press:
        said = press.php(str(PHP / "symbols.php"), str(PLUGIN))
    assert int(said.split()[0]) > 300


@pytest.mark.parametrize("program", ["pack_board.py", "plugin_texts.py"])
def test_what_is_generated_is_fresh(program: str) -> None:
    run(sys.executable, PROJECT / "packaging" / program, "--check")


def test_what_is_loaded_later_is_asked_for_with_the_version_too() -> None:
    """A cache keeps an address: without its version, the new board would be given the old way of asking."""
    from importlib.metadata import version

    later = {
        name: re.findall(r'"(\./[^"]+)"', (BOARD / f"{name}.js").read_text()) for name in ("hall-board", "hall-page")
    }
    assert set(later["hall-board"]) == {
        f"./{name}.js?ver={version('projectionist')}" for name in ("asking", "alarm-sound")
    }
    assert set(later["hall-page"]) == {f"./asking.js?ver={version('projectionist')}"}


def test_the_board_and_its_diagram_are_below_12_kb() -> None:
    assert compressed(BOARD / "hall-board.js") < 12_000


def test_what_the_pages_load_is_what_the_guide_says() -> None:
    guide = (PROJECT / "docs" / "how-to" / "use-wordpress.md").read_text()
    told = dict(re.findall(r"^\| (.+) \| ([\d.]+) kB", guide, flags=re.MULTILINE))
    assert set(told) == set(LOADS)
    for page, files in LOADS.items():
        size = compressed(*(PLUGIN / file for file in files))
        assert abs(float(told[page]) * 1000 - size) < 150, (page, size)  # compressors differ by a few bytes


def test_one_version_is_told_everywhere() -> None:
    from importlib.metadata import version

    here = version("projectionist")
    assert f"Version: {here}\n" in (PLUGIN / "projectionist.php").read_text()
    assert f"Stable tag: {here}\n" in (PLUGIN / "readme.txt").read_text()
    assert f"VERSION = '{here}'" in (PLUGIN / "src" / "Plugin.php").read_text()


def test_nothing_needs_jquery() -> None:
    for file in (*PLUGIN.rglob("*.js"), *(PLUGIN / "src").rglob("*.php")):
        text = file.read_text()
        assert "jquery" not in text.lower(), file


def test_the_zip_holds_the_plugin_and_is_always_the_same(tmp_path: Path) -> None:
    for name in ("1", "2"):
        run(sys.executable, PROJECT / "packaging" / "plugin_zip.py", tmp_path / name)
    (first,), (again,) = (list((tmp_path / name).iterdir()) for name in ("1", "2"))
    assert first.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(first) as packed:
        names = set(packed.namelist())
    assert all(name.startswith("projectionist/") for name in names)
    wanted = "projectionist.php readme.txt uninstall.php LICENSE.txt languages/projectionist.pot block/block.json"
    assert {f"projectionist/{name}" for name in wanted.split()} <= names


_GUARD = """
define('ABSPATH', '/');
$shown = [];
function is_wp_version_compatible($required) { return version_compare(getenv('WORDPRESS'), $required, '>='); }
function add_action($when, $show) { global $shown; $shown[$when] = $show; }
function esc_html__($words) { return $words; }
function register_activation_hook() { exit('it starts'); }
require getenv('FILE');
$shown['admin_notices']();
"""
"""A WordPress of a version of our choice, as far as the plugin's first file looks at it."""


@pytest.mark.parametrize(
    ("wordpress", "php", "said"),
    [
        ("6.8", "8.0", "^it starts$"),
        ("6.7.9", "8.0", "needs PHP 8.0 and WordPress 6.8 or newer"),
        ("6.8", "99.0", "needs PHP 99.0 and WordPress 6.8 or newer"),
    ],
    ids=["just new enough", "an older WordPress", "an older PHP"],
)
def test_it_stays_off_and_says_so_where_php_or_wordpress_is_too_old(
    tmp_path: Path, wordpress: str, php: str, said: str
) -> None:
    shutil.copytree(PLUGIN, tmp_path / "plugin")
    file = tmp_path / "plugin" / "projectionist.php"
    file.write_text(file.read_text().replace("8.0", php))  # there is one PHP here: the file asks for a newer one
    told = {"WORDPRESS": wordpress, "FILE": str(file)}
    assert re.search(said, run("php", "-r", _GUARD, environment=told))
