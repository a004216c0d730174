# SPDX-License-Identifier: Apache-2.0
"""What became of the mutants, read from what mutmut keeps beside the mutated sources."""

import json
import os
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

KILLED = ("killed", "timeout", "segfault")
"""A mutant that never ends or takes the interpreter down is noticed as well."""


@dataclass(frozen=True)
class Verdict:
    """One mutant: `module` without its package, and mutmut's word for what became of it."""

    name: str
    module: str
    word: str

    @property
    def killed(self) -> bool:
        return self.word in KILLED


def read_verdicts(mutants: Path, only: Set[str] = frozenset()) -> list[Verdict]:
    """Return the verdicts on all mutants, or on those named, in the order of their modules."""
    found = []
    for meta in sorted((mutants / "statemachines").glob("*.py.meta")):
        codes = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        module = meta.name.removesuffix(".py.meta")
        found += [
            Verdict(name, module, status_by_exit_code[code]) for name, code in codes.items() if not only or name in only
        ]
    return found


def forget_survivors(mutants: Path) -> None:
    """Have what lived tried again: there may be a test by now that notices. What was killed stays so."""
    for meta in (mutants / "statemachines").glob("*.py.meta"):
        kept = json.loads(meta.read_text("utf-8"))
        codes = kept["exit_code_by_key"]
        kept["exit_code_by_key"] = {
            name: code if status_by_exit_code[code] == "killed" else None for name, code in codes.items()
        }
        meta.write_text(json.dumps(kept), "utf-8")


def table_text(verdicts: list[Verdict]) -> str:
    """Return the table of modules as Markdown, the sum last."""
    rows = ["| module | mutants | killed | lived | |", "|---|---:|---:|---:|---:|"]
    modules = dict.fromkeys(verdict.module for verdict in verdicts)
    for module in modules:
        rows.append(_row(f"`{module}`", [verdict for verdict in verdicts if verdict.module == module]))
    rows.append(_row("**all**", verdicts))
    words = Counter(verdict.word for verdict in verdicts)
    return "\n".join([*rows, "", ", ".join(f"{word}: {count}" for word, count in words.most_common())])


def _row(title: str, verdicts: list[Verdict]) -> str:
    killed = sum(verdict.killed for verdict in verdicts)
    rate = 100 * killed / len(verdicts) if verdicts else 100.0
    return f"| {title} | {len(verdicts)} | {killed} | {len(verdicts) - killed} | {rate:.1f} % |"


def survivors_text(copy: Path, verdicts: list[Verdict]) -> str:
    """Return each mutant that lived with its difference from the source."""
    here = Path.cwd()
    os.chdir(copy)  # mutmut finds its files from where it stands
    try:
        parts = [
            f"# {verdict.name}: {verdict.word}\n{get_diff_for_mutant(verdict.name, path=_source(verdict))}\n"
            for verdict in verdicts
            if not verdict.killed
        ]
    finally:
        os.chdir(here)
    return "\n".join(parts)


def _source(verdict: Verdict) -> Path:
    return Path("statemachines", f"{verdict.module}.py")
