# SPDX-License-Identifier: Apache-2.0
"""Makes projectionist-VERSION.zip of the plugin in dist/ or in the directory named: always the same bytes."""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "wordpress_plugin"
LICENCE = ROOT / "LICENSES" / "GPL-2.0.txt"
_WHEN = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


def version() -> str:
    """Return what the plugin calls itself."""
    lines = (PLUGIN / "readme.txt").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("Stable tag: "))


def make(target: Path) -> Path:
    """Write the zip into a directory; return its path."""
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"projectionist-{version()}.zip"
    files = {f"projectionist/{file.relative_to(PLUGIN)}": file for file in PLUGIN.rglob("*") if file.is_file()}
    files["projectionist/LICENSE.txt"] = LICENCE
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr = _MODE
            packed.writestr(entry, files[name].read_bytes(), zipfile.ZIP_DEFLATED)
    return path


if __name__ == "__main__":
    made = make(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    sys.stdout.write(f"{made} ({made.stat().st_size // 1024} KiB)\n")
