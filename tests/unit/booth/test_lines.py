# SPDX-License-Identifier: Apache-2.0
"""Attribute lines: whatever bytes come in, whole good lines act and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.booth.lines import LineBuffer, take
from statemachines.device_abi import LINE_LIMIT
from statemachines.snapshot import Snapshot
from tests.support.booth import new_projector


@given(st.lists(st.binary(max_size=700), max_size=20))
def test_lines_do_not_depend_on_how_the_bytes_are_cut(chunks: list[bytes]) -> None:
    whole, cut = LineBuffer(), LineBuffer()
    together = [line for chunk in chunks for line in cut.feed(chunk)]
    assert whole.feed(b"".join(chunks)) == together
    assert whole.dropped == cut.dropped
    assert all(len(line) < LINE_LIMIT for line in together)


def test_a_line_that_is_too_long_is_dropped_whole() -> None:
    buffer = LineBuffer()
    assert buffer.feed(b"x" * 5000) == []
    assert buffer.feed(b"x" * 5000 + b"\nnext\n") == ["next"]
    assert buffer.dropped == 1


def test_good_lines_are_answered() -> None:
    projector, _ = new_projector()
    assert take(projector, "claim", "1 2 tester 5") == "1 2 5 ok"
    assert take(projector, "claim", "1 3 other 5") == "1 3 5 refused:held"
    assert take(projector, "command", "1 2 6 lights down") == "1 2 6 ok"
    assert take(projector, "command", "1 2 6 lights down") == "1 2 6 ok"
    assert take(projector, "command", "1 1 7 lights up") == "1 1 7 refused:stale"
    assert take(projector, "command", "1 2 9 lights up") == "1 2 9 refused:gap"
    assert take(projector, "command", "1 2 7 sing") == "1 2 7 refused:verb"
    assert take(projector, "command", "1 2 20 safe_stop") == "1 2 20 ok"


@pytest.mark.parametrize("attribute", ["command", "claim", "lease", "self_test", "result"])
@given(line=st.one_of(st.text(max_size=60), st.from_regex(r"[0-9 a-z_-]{0,40}", fullmatch=True)))
def test_malformed_lines_change_nothing(attribute: str, line: str) -> None:
    projector, _ = new_projector()

    def state() -> tuple[Snapshot, int]:
        return projector.snapshot(), projector.timers.next_ns()

    before = state()
    answer = take(projector, attribute, line)
    well_formed = answer is not None or (attribute, line) in {("self_test", "1"), ("lease", "1 1")}
    assert well_formed or state() == before


def test_only_a_one_begins_the_self_test() -> None:
    projector, operator = new_projector()
    for line in ("0", "2", "", "1 "):
        take(projector, "self_test", line)
    operator.wait(1)
    assert projector.journal.seq == 1
    take(projector, "self_test", "1")
    operator.wait(0.5)
    assert projector.journal.ring[-1].split()[2] == "selftest"
