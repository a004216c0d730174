# SPDX-License-Identifier: Apache-2.0
"""Runs mutmut over statemachines/ in a copy of the tree, and says what lived. `make mutate` calls it."""

import argparse
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

from tests.mutation.report import forget_survivors, read_verdicts, survivors_text, table_text

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutation"
ENTRY = "from mutmut.__main__ import cli; cli()"


def copy_tree() -> None:
    """Bring the copy up to date with what git knows of the tree; verdicts of functions that stay the same stay."""
    asked = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in sorted(names):
        target = COPY / name
        if not target.exists() or target.read_bytes() != (ROOT / name).read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    for package in ("statemachines", "tests"):
        for old in [*(COPY / package).rglob("*.py"), *(COPY / "mutants" / package).rglob("*.py")]:
            if str(old.relative_to(COPY)).removeprefix("mutants/") not in names:
                old.unlink()


def all_mutants() -> list[str]:
    """Return the names of all mutants, as mutmut will call them."""
    found = []
    for path in sorted((ROOT / "statemachines").glob("*.py")):
        mutated = mutate_file_contents(path.name, path.read_text("utf-8"))
        found += [get_mutant_name(path.relative_to(ROOT), name) for name in mutated.mutant_names]
    return found


def chosen(only: str, sample: int, seed: int) -> list[str]:
    """Return the mutants to try; none means all that have no verdict yet."""
    if not (only or sample):
        return []
    names = [name for name in all_mutants() if not only or name.split(".")[1] == only]
    return sorted(random.Random(seed).sample(names, max(1, len(names) // sample))) if sample else names


def _run(*words: str) -> int:
    """Run Python in the copy; `CI` has Hypothesis draw the same examples each time."""
    return subprocess.run([sys.executable, *words], cwd=COPY, env={**os.environ, "CI": "true"}, check=False).returncode


def main() -> int:
    asked = argparse.ArgumentParser(prog="make mutate")
    asked.add_argument("--only", default="", help="one module of statemachines, or tables")
    asked.add_argument("--sample", type=int, default=0, help="one mutant of so many, drawn by chance")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--processes", type=int, default=2)
    options = asked.parse_args()
    copy_tree()
    forget_survivors(COPY / "mutants")
    # Two workers at a time: the machine may have other things to do.
    processes = str(options.processes)
    if options.only != "tables":
        names = chosen(options.only, options.sample, options.seed)
        failed = _run("-c", ENTRY, "run", "--max-children", processes, *names) or _report(names)
        if failed or options.only:
            return failed
    return _run("-m", "tests.mutation.tables", str(options.sample), str(options.seed), processes)


def _report(names: list[str]) -> int:
    """Say what became of those mutants, all if none are named; a run that tried none has failed."""
    verdicts = read_verdicts(COPY / "mutants", set(names))
    survivors = COPY.parent / "mutation-survivors.txt"
    survivors.write_text(survivors_text(COPY, verdicts), "utf-8")
    print(table_text(verdicts))
    print(f"What lived, as differences: {survivors.relative_to(ROOT)}")
    return 0 if verdicts else 1


if __name__ == "__main__":
    sys.exit(main())
