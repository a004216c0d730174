# SPDX-License-Identifier: Apache-2.0
"""Command admission: every small case against the contract's own words, then long random histories."""

from itertools import product
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachines.gate import UNKNOWN, Admission, Gate, admit, claim, record
from statemachines.words import Verb

HELD = Gate(fence=5, gen=2, controller="a", last=10, result="ok")
SMALL = list(product((4, 5, 6), (1, 2, 3), (9, 10, 11, 12), ("lamp", "safe_stop")))


@pytest.mark.parametrize(("fence", "gen", "seq", "verb"), SMALL)
def test_admission_is_the_contract_word_for_word(fence: int, gen: int, seq: int, verb: str) -> None:
    if fence < 5 or (fence == 5 and gen < 2):
        expected = Admission.STALE
    elif (fence, gen) != (5, 2):
        expected = Admission.GAP
    elif seq == 10:
        expected = Admission.MEMORY
    elif seq == 11 or (verb == "safe_stop" and seq > 10):
        expected = Admission.ACT
    else:
        expected = Admission.GAP
    assert admit(HELD, fence, gen, seq, verb) is expected


@pytest.mark.parametrize(
    ("fence", "gen", "controller", "fed", "answer"),
    [
        (5, 3, "a", True, "ok"),  # rotation
        (6, 1, "a", True, "ok"),  # the same controller after a restart
        (5, 2, "a", True, "refused:stale"),
        (5, 1, "a", False, "refused:stale"),
        (4, 9, "a", False, "refused:stale"),
        (6, 1, "b", True, "refused:held"),
        (4, 1, "b", True, "refused:held"),
        (6, 1, "b", False, "ok"),  # the holder is gone
        (5, 9, "b", False, "refused:held"),  # two controllers with one fence: never
        (4, 9, "b", False, "refused:stale"),
    ],
)
def test_claims(fence: int, gen: int, controller: str, fed: bool, answer: str) -> None:
    gate, given_answer = claim(HELD, fence, gen, controller, 10, lease_fed=fed)
    assert given_answer == answer
    if answer == "ok":
        assert (gate.fence, gate.gen, gate.controller) == (fence, gen, controller)
        assert (gate.last, gate.result) == (10, "ok")
    else:
        assert gate is HELD


def test_a_claim_raises_last_so_that_nothing_older_is_carried_out() -> None:
    gate, _ = claim(HELD, 6, 1, "a", 14, lease_fed=True)
    assert [admit(gate, 6, 1, seq, "lamp") for seq in (11, 14, 15)] == [
        Admission.GAP,
        Admission.MEMORY,
        Admission.ACT,
    ]
    assert gate.result == UNKNOWN


def test_a_claim_never_lowers_last() -> None:
    gate, _ = claim(HELD, 6, 1, "a", 3, lease_fed=True)
    assert (gate.last, gate.result) == (10, "ok")


def test_before_the_first_claim_nobody_is_obeyed() -> None:
    assert admit(Gate(), 0, 0, 1, Verb.SAFE_STOP) is Admission.STALE
    assert claim(Gate(), 0, 0, "a", 0, lease_fed=False)[1] == "refused:stale"
    gate, answer = claim(Gate(), 0, 1, "a", 0, lease_fed=False)
    assert answer == "ok"
    assert admit(gate, 0, 1, 1, "lamp") is Admission.ACT


def test_a_resend_is_answered_from_memory() -> None:
    gate = record(HELD, 11, "refused:local")
    assert admit(gate, 5, 2, 11, "lamp") is Admission.MEMORY
    assert gate.result == "refused:local"


class Claim(NamedTuple):
    fence: int
    gen: int
    controller: str
    seq: int
    lease_fed: bool


class Numbered(NamedTuple):
    fence: int
    gen: int
    seq: int
    verb: str


FEW = st.integers(0, 3)
CLAIMS = st.builds(Claim, FEW, FEW, st.sampled_from("ab"), st.integers(0, 6), st.booleans())
COMMANDS = st.builds(Numbered, FEW, FEW, st.integers(0, 8), st.sampled_from(["lamp", "safe_stop"]))


@given(st.lists(st.one_of(CLAIMS, COMMANDS), max_size=40))
def test_nothing_acts_twice_or_out_of_order_and_only_the_newest_claim_acts(
    history: list[Claim | Numbered],
) -> None:
    gate = Gate()
    acted = [0]
    newest = (0, 0)
    for line in history:
        before = gate
        if isinstance(line, Claim):
            gate, answer = claim(gate, line.fence, line.gen, line.controller, line.seq, lease_fed=line.lease_fed)
            if answer == "ok":
                assert line[:2] > newest
                newest = line[:2]
        elif admit(gate, line.fence, line.gen, line.seq, line.verb) is Admission.ACT:
            assert line[:2] == newest
            assert line.seq > acted[-1]
            acted.append(line.seq)
            gate = record(gate, line.seq, "ok")
        assert gate.last >= before.last


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 9), st.booleans())
def test_only_one_of_two_controllers_holds_the_device(fence: int, gen: int, seq: int, fed: bool) -> None:
    one, _ = claim(Gate(), 3, 3, "a", 0, lease_fed=False)
    two, answer = claim(one, fence, gen, "b", seq, lease_fed=fed)
    obeyed = [admit(two, *pair, two.last + 1, "lamp") is Admission.ACT for pair in ((3, 3), (fence, gen))]
    assert sum(obeyed) == 1 or (fence, gen) == (3, 3)
    assert (answer == "ok") == (two.controller == "b")
    assert not (fed and answer == "ok")


def test_a_gate_is_a_value_that_can_be_stored() -> None:
    assert msgspec.json.decode(msgspec.json.encode(HELD), type=Gate) == HELD
