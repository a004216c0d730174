# SPDX-License-Identifier: Apache-2.0
"""The ABI document is the one that the table gives, and its values are those that the parser takes."""

import re
from pathlib import Path

import pytest

from adapters.kernel.abi import abi_markdown
from adapters.kernel.parse import REASON_MEANINGS, Reason
from statemachines.kernel_words import SAFETY_WORDS, WORDS, value_fields

DOCUMENT = Path(__file__).parents[3] / "docs/reference/uevent-abi.md"


def test_the_committed_document_is_fresh() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == abi_markdown(), "run python -m adapters.kernel.abi"


def rows() -> dict[str, list[str]]:
    cells = [line.strip("| ").split(" | ") for line in abi_markdown().splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row for row in cells if len(row) == 6}


def test_every_word_has_its_row_and_safety_words_say_so() -> None:
    assert rows().keys() == WORDS.keys()
    assert {word for word, row in rows().items() if row[4] == "yes"} == SAFETY_WORDS.keys()


@pytest.mark.parametrize("word", [word for word in WORDS if word != "timecode"])
def test_each_value_that_the_document_gives_is_taken(word: str) -> None:
    values = re.findall(r"`(\w+)`", rows()[word][3])
    assert values
    fields = [tuple(value_fields(word, value).items()) for value in values]
    assert len(set(fields)) == len(values)


def test_every_reason_is_explained() -> None:
    assert REASON_MEANINGS.keys() == set(Reason)
