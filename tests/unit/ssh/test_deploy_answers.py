# SPDX-License-Identifier: Apache-2.0
"""What reel-deploy answers, read strictly: a server that was broken into gets no further than its own deployment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ssh.deploy import DEPLOY_COMMAND, DEPLOY_PRINCIPAL, deploy_order
from adapters.ssh.deploy_answers import Answer, findings, parse_answer
from adapters.ssh.enrol import LIB_DIR
from adapters.ssh.errors import DeployMisbehaved, ServerRefused
from statemachines.deployment_facts import Findings

INSPECTED = b"""\
boot_id=0000-1
kernel=6.1.0-99-amd64
vermagic=6.1.0-99-amd64 SMP mod_unload
sig_enforce=1
free=4096
loaded=
boots=aa
staged=
installed=aa,bb
modules=gpio_ich,lpc_ich
epochs=7,4294967295
log [ 1.0] it lives
log
log [ 2.0] a\ttab
ok
"""


def test_an_inspection_is_read() -> None:
    answer = parse_answer(INSPECTED, 0)
    assert findings(answer) == Findings(
        boot_id="0000-1",
        kernel="6.1.0-99-amd64",
        vermagic="6.1.0-99-amd64 SMP mod_unload",
        sig_enforce=True,
        free=4096,
        boots="aa",
        installed=("aa", "bb"),
        modules=("gpio_ich", "lpc_ich"),
        epochs=(7, 4294967295),
    )
    assert answer.kernel_log == "[ 1.0] it lives\n\n[ 2.0] a tab"


def test_a_refusal_carries_its_words_and_the_kernel_log() -> None:
    with pytest.raises(ServerRefused) as refused:
        parse_answer(b"log it fell over\nrefused no space is left\n", 1)
    assert (refused.value.words, refused.value.kernel_log) == ("no space is left", "it fell over")
    with pytest.raises(ServerRefused, match="malformed"):
        parse_answer(b"refused malformed: ask inspect\n", 2)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"", 0),
        (b"ok", 0),
        (b"ok\n", 1),
        (b"ok\n", None),
        (b"ok\nok\n", 0),
        (b"refused \n", 0),
        (b"refused\n", 1),
        (b"refused no\n", 0),
        (b"refused a\x1b[2J\n", 1),
        (b"a=1\na=2\nok\n", 0),
        (b"A=1\nok\n", 0),
        (b"log x\na=1\nok\n", 0),
        (b"a=\x07\nok\n", 0),
        (b"words\nok\n", 0),
        (b"a=\xff\nok\n", 0),
        (b"a=1\nok\nmore", 0),
    ],
)
def test_an_answer_of_another_form_is_none(said: bytes, status: int | None) -> None:
    with pytest.raises(DeployMisbehaved):
        parse_answer(said, status)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (b"free=4096", b"free=-1"),
        (b"free=4096", b"free=0x10"),
        (b"free=4096", b"free=" + b"9" * 19),
        (b"sig_enforce=1", b"sig_enforce=Y"),
        (b"epochs=7,4294967295", b"epochs=7,,8"),
        (b"epochs=7,4294967295", b"epochs=x"),
        (b"installed=aa,bb", b"installed=aa,"),
        (b"boots=aa", b"boots=a a"),
        (b"boots=aa", b"boots=../a"),
        (b"kernel=6.1.0-99-amd64\n", b""),
    ],
)
def test_findings_of_another_form_are_none(line: bytes, instead: bytes) -> None:
    assert line in INSPECTED
    with pytest.raises(DeployMisbehaved):
        findings(parse_answer(INSPECTED.replace(line, instead), 0))


@given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 255, None]))
def test_whatever_is_said_ends_in_an_answer_or_one_of_two_errors(said: bytes, status: int | None) -> None:
    words = "ok"
    try:
        assert isinstance(parse_answer(said, status), Answer)
    except (DeployMisbehaved, ServerRefused) as wrong:
        words = str(wrong)
    assert words.isprintable()


def test_a_deployment_certificate_is_ordered_for_its_program_alone_and_for_two_minutes() -> None:
    order = deploy_order("rialto", ("192.0.2.10/32",))
    assert (order.accepted_principal, order.force_command) == (DEPLOY_PRINCIPAL, DEPLOY_COMMAND)
    assert (order.source_address, order.life_s) == (("192.0.2.10/32",), 120)
    assert f"{LIB_DIR}/reel-deploy" == DEPLOY_COMMAND
