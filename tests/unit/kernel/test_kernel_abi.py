# SPDX-License-Identifier: Apache-2.0
"""The ABI document says what the tables say, and its values are those that parser and devices take."""

import re

import pytest

from adapters.kernel.abi_document import abi_markdown
from adapters.kernel.parse import REASON_MEANINGS, Reason
from statemachines import device_abi
from statemachines.gate import UNKNOWN, Admission
from statemachines.kernel_words import SAFETY_WORDS, WORDS, value_fields
from statemachines.snapshot import KEYS, SOUND_LACKS, format_snapshot, parse_snapshot


def rows(title: str) -> dict[str, list[str]]:
    """Return the table below a heading by its first column."""
    section = abi_markdown().split(f"\n## {title}\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row for row in cells}


def test_every_word_has_its_row_and_safety_words_say_so() -> None:
    assert rows("Words").keys() == WORDS.keys()
    assert {word for word, row in rows("Words").items() if row[4] == "yes"} == SAFETY_WORDS.keys()


@pytest.mark.parametrize("word", [word for word in WORDS if word != "timecode"])
def test_each_value_that_the_document_gives_is_taken(word: str) -> None:
    values = re.findall(r"`(\w+)`", rows("Words")[word][3])
    assert values
    fields = [tuple(value_fields(word, value).items()) for value in values]
    assert len(set(fields)) == len(values)


def test_only_the_sound_device_says_timecode_and_both_say_that_they_live() -> None:
    assert [rows("Words")[word][2] for word in ("timecode", "heartbeat", "tail")] == ["sound", "both", "projection"]


def test_every_reason_is_explained() -> None:
    assert REASON_MEANINGS.keys() == set(Reason)


def test_the_gates_answers_are_among_the_documents() -> None:
    answers = rows("Answers")
    assert answers.keys() == device_abi.ANSWERS.keys()
    assert {UNKNOWN, f"refused:{Admission.STALE}", f"refused:{Admission.GAP}", "ok"} <= answers.keys()


def test_a_snapshot_has_the_documents_keys_in_their_order() -> None:
    snapshot = parse_snapshot("epoch=7 seq=1")
    words = format_snapshot(snapshot).split()
    assert [word.partition("=")[0] for word in words] == list(rows("Keys of a snapshot")) == list(KEYS)
    heard = [word.partition("=")[0] for word in format_snapshot(snapshot, sound_only=True).split()]
    assert heard == [key for key, row in rows("Keys of a snapshot").items() if row[1] == "both"]
    assert set(KEYS) - set(heard) == SOUND_LACKS


def test_nobody_but_root_and_the_agent_reads_or_writes_a_device() -> None:
    modes = {name: int(row[1], 8) for name, row in rows("Attributes").items()}
    assert {name for name, mode in modes.items() if mode & 0o007} == {"abi_version"}
    assert {name for name, mode in modes.items() if mode & 0o020} == {"claim", "lease", "command", "self_test"}
