# SPDX-License-Identifier: Apache-2.0
"""What is written of the kernel modules is what their sources have: lines, properties, parameters, faults, examples."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = re.compile(r'\[REEL_(?:IN|OUT)_\w+\] = \{ "([a-z-]+)"')
SAID = re.compile(r"`([a-z_-]+)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def lines_of_the_module() -> set[str]:
    return set(LINE.findall(text_of("kmod/reel_lines.c")))


def table_below(document: str, heading: str) -> list[list[str]]:
    """Return the first table below a heading: each row's words in backquotes, column by column."""
    rows = re.search(r"\n(\|.+?)\n\n", text_of(document).split(f"\n## {heading}\n")[1], re.DOTALL)
    assert rows
    return [[" ".join(SAID.findall(cell)) for cell in row.strip("|").split("|")] for row in rows[1].splitlines()[2:]]


def test_each_line_that_the_module_asks_for_is_wired_in_the_documents() -> None:
    inputs, outputs = table_below("docs/hardware.md", "Inputs"), table_below("docs/hardware.md", "Outputs")
    in_prose = {"timecode", "timecode-start", "soundclock"}
    assert {row[0] for row in [*inputs, *outputs]} | in_prose == lines_of_the_module()
    assert all(f"`{name}`" in text_of("docs/hardware.md") for name in in_prose)


@pytest.mark.parametrize(
    ("example", "wire", "lacking"),
    [
        ("reel-hall.dts", r"\b([a-z-]+)-gpios", set()),
        (
            "reel_board.c",
            r'GPIO_LOOKUP\(CHIP, \d+, "([a-z-]+)"',
            {"timecode", "timecode-start", "soundclock", "analog"},
        ),
    ],
)
def test_the_examples_wire_every_line(example: str, wire: str, lacking: set[str]) -> None:
    assert set(re.findall(wire, text_of(f"kmod/examples/{example}"))) == lines_of_the_module() - lacking


def test_where_a_contact_opens_the_examples_wire_it_active_low() -> None:
    rows = text_of("docs/hardware.md").split("\n## Inputs\n")[1]
    opening = set(re.findall(r"^\| `([a-z-]+)` .*\*\*opens\*\*", rows, re.MULTILINE))
    device_tree, board = text_of("kmod/examples/reel-hall.dts"), text_of("kmod/examples/reel_board.c")
    assert opening == set(re.findall(r"([a-z-]+)-gpios = <.* GPIO_ACTIVE_LOW>", device_tree))
    assert opening == set(re.findall(r'"([a-z-]+)", GPIO_ACTIVE_LOW', board))


def test_the_properties_of_a_device_are_told() -> None:
    sources = text_of("kmod/reel_main.c")
    read = set(re.findall(r'(?:reel_property\(r, |read_string\(r->dev, )"([a-z-]+)"', sources))
    told = {row[0] for row in table_below("kmod/README.md", "reelctl")}
    assert told == read
    assert read <= set(re.findall(r"([a-z-]+) = [<\"]", text_of("kmod/examples/reel-hall.dts")))


def test_the_hands_and_faults_of_the_simulated_projector_are_told() -> None:
    hands = text_of("kmod/reelsim_hands.c")
    rows = table_below("kmod/README.md", "reelsim")
    assert {name for row in rows for name in row[0].split()} == set(re.findall(r'\{ "([a-z_]+)", [a-z_]+ \}', hands))
    faults = re.search(r"^\| `fault` \| `(.+)` \|$", text_of("kmod/README.md"), re.MULTILINE)
    assert faults
    known = hands.split("static int fault(")[1].split("\n}")[0]
    assert set(faults[1].split()) == set(re.findall(r'strcmp\(text, "([a-z]+)"\)', known))
