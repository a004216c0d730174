# SPDX-License-Identifier: Apache-2.0
"""The kernel module's header, as a C compiler takes it."""

import subprocess
from pathlib import Path

from adapters.kernel.abi_header import abi_header
from statemachines import device_abi
from statemachines.kernel_words import SAFETY_WORDS, SOUND_WORDS, WORDS

PROGRAM = """\
#include <stdio.h>
#include "reel_abi.h"
static const struct { const char *name; unsigned char flags; signed char latch; } words[] = { REEL_WORD_TABLE };
static const char *const latches[REEL_LATCHES] = { REEL_LATCH_NAMES };
int main(void) {
    for (int word = 0; word < REEL_WORDS; word++)
        printf("%s %d %d %s\\n", words[word].name, !!(words[word].flags & REEL_PROJECTION),
               !!(words[word].flags & REEL_SOUND), words[word].flags & REEL_SAFETY ? latches[words[word].latch] : "-");
    printf("%d %d %s %s\\n", REEL_RING_LINES, REEL_SAFETY_RING_LINES, REEL_KEY_EPOCH, REEL_ANSWER_REFUSED_INTERLOCK);
    return 0;
}
"""


def test_a_program_in_c_reads_the_same_words_from_the_header(tmp_path: Path) -> None:
    (tmp_path / "reel_abi.h").write_text(abi_header())
    (tmp_path / "words.c").write_text(PROGRAM)
    command = "cc -std=gnu11 -Wall -Wextra -Werror -o words words.c".split()
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    said = subprocess.run([tmp_path / "words"], capture_output=True, text=True, check=True, timeout=10).stdout
    *words, sizes = said.splitlines()
    assert words == [
        f"{word} {int(word != 'timecode')} {int(word in SOUND_WORDS)} {SAFETY_WORDS.get(word, '-')}" for word in WORDS
    ]
    assert sizes == f"{device_abi.RING_LINES} {device_abi.SAFETY_RING_LINES} REEL_EPOCH refused:interlock"
