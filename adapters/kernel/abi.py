# SPDX-License-Identifier: Apache-2.0
"""The ABI's document and its C header, kept in the tree: `python -m adapters.kernel.abi --write | --check`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.kernel.abi_document import abi_markdown
from adapters.kernel.abi_header import abi_header

FILES: dict[str, Callable[[], str]] = {"ABI.md": abi_markdown, "reel_abi.h": abi_header}
DIRECTORY = Path("kmod")
"""Below the root of the tree, which the command is run in."""


def stale(directory: Path) -> list[Path]:
    """Return the files of `directory` that do not say what the tables say."""
    return [path for name, text in FILES.items() if _read(path := directory / name) != text()]


def write(directory: Path) -> None:
    """Write all files anew."""
    for name, text in FILES.items():
        (directory / name).write_text(text(), encoding="utf-8")


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a stale file ends it with status 1 and a sentence."""
    parser = argparse.ArgumentParser(prog="python -m adapters.kernel.abi", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write them anew")
    what.add_argument("--check", action="store_true", help="fail when one that is there is stale")
    asked = parser.parse_args(arguments)
    if asked.write:
        write(DIRECTORY)
    elif old := stale(DIRECTORY):
        names = " and ".join(map(str, old))
        sys.exit(f"not what the tables of the ABI say: {names}; run python -m adapters.kernel.abi --write")


if __name__ == "__main__":
    main()
