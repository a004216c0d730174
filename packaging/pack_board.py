# SPDX-License-Identifier: Apache-2.0
"""Packs the board's component for the WordPress plugin, from the files that Django serves: `--check` compares.

A page there loads one file for a board instead of sixteen. What only some readers need stays a file of its own: how to
ask for something, the alarm's sound. Such a file is asked for with the plugin's version, as WordPress itself does with
the first one: what a cache keeps of the version before is not taken for it. Debian's esbuild does the packing.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "web" / "board" / "static" / "board"
PACKED = ROOT / "wordpress_plugin" / "assets" / "board"
ENTRIES = ("hall-board", "hall-page", "asking", "alarm-sound")
_LATER = ("./asking.js", "./alarm-sound.js")
_VERSIONED = re.compile(rf'"({"|".join(re.escape(each) for each in _LATER)})"')
_SHEETS = ("sheet.js", "hall-sheet.js")
_BOARD = """import { HallBoard } from "./board.js";
customElements.define("hall-board", HallBoard);
"""
"""The plugin has no use for `<hall-diagram>`."""
_LICENCE = "/*! SPDX-License-Identifier: GPL-2.0-or-later AND Apache-2.0 */"


def pack(target: Path) -> None:
    """Write the packed files into a directory."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for file in SOURCE.glob("*.js"):
            shutil.copy(file, copy)
        for name in _SHEETS:
            text = (copy / name).read_text()
            (copy / name).write_text(re.sub(r"styled\(`.*?`\)", lambda css: _squeezed(css[0]), text, flags=re.DOTALL))
        (copy / "hall-board.js").write_text(_BOARD)
        for name in ENTRIES:
            later = [f"--external:{each}" for each in _LATER if each != f"./{name}.js"]
            options = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--charset=utf8", "--log-level=error"]
            banner = f"--banner:js={_LICENCE}"
            out = f"--outfile={target / name}.js"
            subprocess.run(["esbuild", copy / f"{name}.js", *options, *later, banner, out], check=True, timeout=60)
            packed = target / f"{name}.js"
            packed.write_text(_VERSIONED.sub(rf'"\1?ver={version("projectionist")}"', packed.read_text()))


def _squeezed(css: str) -> str:
    return re.sub(r"\n\s*", "", css)


def main() -> int:
    """Write the files, or with --check say whether they are fresh."""
    if sys.argv[1:] != ["--check"]:
        pack(PACKED)
        return 0
    with tempfile.TemporaryDirectory() as directory:
        pack(Path(directory))
        stale = [
            name
            for name in ENTRIES
            if not (PACKED / f"{name}.js").exists()
            or (PACKED / f"{name}.js").read_bytes() != (Path(directory) / f"{name}.js").read_bytes()
        ]
    for name in stale:
        sys.stderr.write(f"wordpress_plugin/assets/board/{name}.js is stale: make plugin-files writes it anew\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
