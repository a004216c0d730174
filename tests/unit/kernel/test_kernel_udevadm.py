# SPDX-License-Identifier: Apache-2.0
"""What udevadm writes, read as events: whole or in pieces, true or rubbish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kernel.parse import MODULE_PREFIX, SYNTHETIC_PREFIX, Heard, Reason, Refused
from adapters.kernel.udevadm import EVENT_MOST, LINE_MOST, Told, UdevadmReader
from statemachines import events as e
from statemachines.words import Role

HEAD = b"monitor will print the received events for:\nKERNEL - the kernel uevent\n\n"
EVENT = b"KERNEL[91.224466] change   /devices/platform/reelctl.64/reel/h1-projection (reel)\n"
KEYS = (
    b"ACTION=change\nDEVPATH=/devices/platform/reelctl.64/reel/h1-projection\nSUBSYSTEM=reel\n"
    b"REEL_HALL=h1\nREEL_ROLE=projection\nREEL_EVENT=tail\nREEL_SEQ=12\nREEL_EPOCH=77\nREEL_FRAME=0\nREEL_NS=5\n"
    b"REEL_VAL=0\nSEQNUM=4711\n"
)
WHOLE = EVENT + KEYS + b"\n"
TAIL = Told(Heard("h1", e.ReelEnded(role=Role.PROJECTION, epoch=77, hw_seq=12, hw_ns=5)), 4711)


def reader() -> UdevadmReader:
    return UdevadmReader(prefix=MODULE_PREFIX, uuid=None)


def listening() -> UdevadmReader:
    made = reader()
    assert made.feed(HEAD) == []
    return made


def refused(told: list[Told]) -> list[Reason]:
    return [each.outcome.reason for each in told if isinstance(each.outcome, Refused)]


def test_it_listens_from_udevadms_own_word_on_and_not_before() -> None:
    made = reader()
    made.feed(b"Last login: never\nmonitor will print the received events for:\nKERNEL - the kernel ueven")
    assert not made.listens
    made.feed(b"t\n")
    assert made.listens


def test_an_event_is_heard_with_its_kernels_number() -> None:
    assert listening().feed(WHOLE + WHOLE) == [TAIL, TAIL]


def test_a_device_that_goes_is_heard_without_a_number_of_its_own() -> None:
    gone = WHOLE.replace(b"ACTION=change", b"ACTION=remove")
    for key in (b"EVENT=tail", b"SEQ=12", b"EPOCH=77", b"FRAME=0", b"NS=5", b"VAL=0"):
        gone = gone.replace(b"REEL_" + key + b"\n", b"")
    (told,) = listening().feed(gone)
    assert told == Told(Heard("h1", e.DeviceRemoved(role=Role.PROJECTION, epoch=0, hw_seq=0)), 4711)


def test_events_that_are_synthesised_are_heard_only_with_the_booths_own_id() -> None:
    synthetic = WHOLE.replace(b"REEL_", b"SYNTH_ARG_").replace(b"SEQNUM", b"SYNTH_UUID=1-2\nSEQNUM")
    ours = UdevadmReader(prefix=SYNTHETIC_PREFIX, uuid="1-2")
    ours.feed(HEAD)
    assert ours.feed(synthetic) == [TAIL]
    assert refused(listening().feed(synthetic)) == [Reason.FOREIGN]


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (WHOLE.replace(b"REEL_SEQ=12", b"REEL_SEQ=12\nREEL_SEQ=13"), Reason.MALFORMED),
        (WHOLE.replace(b"REEL_SEQ=12", b"REEL_SEQ"), Reason.MALFORMED),
        (WHOLE.replace(b"REEL_SEQ=12", b"REEL_SEQ=12\r"), Reason.MALFORMED),
        (WHOLE.replace(b"SUBSYSTEM=reel", b"SUBSYSTEM=r\xc3\xa9el"), Reason.MALFORMED),
        (WHOLE.replace(b"SUBSYSTEM=reel", b"SUBSYSTEM=\x1b[2J"), Reason.MALFORMED),
        (KEYS + b"\n", Reason.MALFORMED),
        (EVENT + b"REEL_HALL=h1\n" + EVENT + b"\n", Reason.MALFORMED),
        (WHOLE.replace(b"REEL_VAL=0", b"X=" + b"x" * LINE_MOST), Reason.OVERSIZED),
        (WHOLE.replace(b"REEL_VAL=0", b"".join(b"X%d=%s\n" % (n, b"x" * 999) for n in range(20))), Reason.OVERSIZED),
        (WHOLE.replace(b"REEL_VAL=0", b"REEL_VAL=%s" % (b"9" * 1500)), Reason.OVERSIZED),
        (WHOLE.replace(b"REEL_EVENT=tail", b"REEL_EVENT=boom"), Reason.WORD),
    ],
)
def test_what_is_no_event_is_refused_for_its_reason_and_costs_no_other(spoiled: bytes, reason: Reason) -> None:
    told = listening().feed(spoiled + WHOLE)
    assert refused(told)[0] is reason
    assert told[-1] == TAIL
    assert [each.outcome for each in told if isinstance(each.outcome, Heard)] == [TAIL.outcome]


_PIECES = st.lists(
    st.binary(max_size=60) | st.sampled_from((WHOLE, EVENT, KEYS, b"\n", HEAD, b"z" * (LINE_MOST + 9))), max_size=10
)


@given(_PIECES, st.data())
def test_how_a_stream_is_cut_does_not_change_what_it_says(pieces: list[bytes], data: st.DataObject) -> None:
    stream = HEAD + b"".join(pieces)
    whole = reader().feed(stream)
    cut, told, rest = reader(), [], stream
    while rest:
        size = data.draw(st.integers(1, 3000))
        told += cut.feed(rest[:size])
        rest = rest[size:]
    assert told == whole


@given(_PIECES)
def test_after_any_rubbish_an_event_behind_an_empty_line_is_heard(pieces: list[bytes]) -> None:
    made = listening()
    for piece in pieces:
        made.feed(piece)
    assert made.feed(b"\n\n" + WHOLE)[-1] == TAIL


def test_what_never_ends_is_not_kept() -> None:
    made = listening()
    made.feed(EVENT)
    for n in range(300):
        made.feed(b"K%d=%s\n" % (n, b"v" * 1000))
        made.feed(b"x" * 1000)
    kept = sum(len(key) + len(value) for key, value in (made._keys or {}).items()) + len(made._rest)
    assert kept <= EVENT_MOST + LINE_MOST
