# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks [PART…] [--json FILE] [--page]`: measure, print, and write down what was measured."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from benchmarks import answering, appending, asking, corridor, decisions, page, replaying, viewers
from benchmarks.corridor.scene import possible
from benchmarks.machine import machine
from benchmarks.measure import Figure, as_json

Measure = Callable[[Path], list[Figure]]
_PARTS = "decisions, appending, replaying, answering, viewers, corridor, asking, scale, storm; or all"


def parts() -> dict[str, Measure]:
    """Return what can be measured on this machine, by name. `scale` and `storm` are there when their modules are."""
    found: dict[str, Measure] = {
        "decisions": decisions.measure,
        "appending": appending.measure,
        "replaying": replaying.measure,
        "answering": answering.measure,
        "viewers": viewers.measure,
    }
    if reason := possible():
        print(f"corridor, asking: left out, {reason}", file=sys.stderr)
    else:
        found |= {"corridor": corridor.measure, "asking": asking.measure}
    if find_spec("benchmarks.scale") is not None:
        found["scale"] = import_module("benchmarks.scale").measure
        found["storm"] = import_module("benchmarks.scale_storm").measure
    return found


def line(figure: Figure) -> str:
    """Return a figure as a line for a terminal."""
    beside = "" if figure.ratio is None else f"  {figure.ratio:7.2f} x {figure.floor:.4g} {figure.floor_says}"
    mark = {True: "reached", False: "MISSED", None: ""}[figure.reached]
    return f"  {figure.name:<28} {figure.value:>10.4g} {figure.unit:<4} {mark:<8}{beside}"


def measured(chosen: Sequence[str]) -> dict[str, page.Part]:
    """Measure the parts that are chosen, all of them when none is, and print them as they come."""
    found = {}
    for name, measure in parts().items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            print(f"{name}:", flush=True)
            before, figures = machine(), measure(Path(directory))
            found[name] = page.Part(before, machine(), figures)
            print("\n".join(line(figure) for figure in figures), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure, each figure beside its floor or peer.")
    parser.add_argument("part", nargs="*", help=_PARTS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write {name: {value, unit, floor, ratio, samples}}")
    parser.add_argument("--page", action="store_true", help="write the page in docs/ and its pictures anew")
    asked = parser.parse_args()
    found = measured(asked.part)
    if asked.json:
        figures = [figure for part in found.values() for figure in part.figures]
        asked.json.write_text(json.dumps(as_json(figures), indent=2) + "\n", encoding="utf-8")
    if asked.page:
        page.write(found)


if __name__ == "__main__":
    main()
