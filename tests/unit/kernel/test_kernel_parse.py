# SPDX-License-Identifier: Apache-2.0
"""The parser of uevents: what is heard, what is refused and why."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.kernel.parse import Heard, Reason, Refused, parse_uevent
from statemachines import events as e
from statemachines.kernel_words import SOUND_WORDS, WORDS
from statemachines.words import Role, Tension

UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
GOOD = {
    "HALL": "h1",
    "ROLE": "projection",
    "EVENT": "tail",
    "SEQ": "12",
    "EPOCH": "77",
    "FRAME": "3",
    "NS": "5",
    "VAL": "0",
}
VALS = {
    "local": "1",
    "dowser": "0",
    "door": "1",
    "selftest": "1",
    "tension": "slack",
    "timecode": "41667x41700",
}


def bare(keys: Mapping[str, str]) -> Heard | Refused:
    return parse_uevent(keys, prefix="", uuid=None)


def module(**properties: str) -> Heard | Refused:
    return parse_uevent({"SUBSYSTEM": "reel", **properties}, prefix="REEL_", uuid=None)


def reel(keys: Mapping[str, str]) -> dict[str, str]:
    return {f"REEL_{key}": text for key, text in keys.items()}


def test_an_event_is_heard_with_all_its_numbers() -> None:
    expected = e.ReelEnded(role=Role.PROJECTION, epoch=77, hw_seq=12, hw_ns=5, frame=3)
    assert bare(GOOD) == Heard("h1", expected)
    assert module(ACTION="change", **reel(GOOD)) == Heard("h1", expected)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_heard_from_its_role_alone(word: str) -> None:
    keys = {**GOOD, "EVENT": word, "VAL": VALS.get(word, "0")}
    outcomes = {role: bare({**keys, "ROLE": role}) for role in Role}
    speakers = {role for role, outcome in outcomes.items() if isinstance(outcome, Heard)}
    expected = {Role.SOUND} if word == "timecode" else {Role.PROJECTION}
    assert speakers == (expected | {Role.SOUND} if word in SOUND_WORDS else expected)
    for role, outcome in outcomes.items():
        if isinstance(outcome, Heard):
            assert type(outcome.event) is WORDS[word]
            assert outcome.event.role is role
        else:
            assert outcome.reason == Reason.WORD_OF_OTHER_ROLE


def test_the_value_becomes_the_events_own_fields() -> None:
    slack = bare({**GOOD, "EVENT": "tension", "VAL": "feed"})
    code = bare({**GOOD, "ROLE": "sound", "EVENT": "timecode", "VAL": "1000x1020"})
    assert isinstance(slack, Heard)
    assert isinstance(slack.event, e.TensionChanged)
    assert slack.event.tension is Tension.FEED
    assert isinstance(code, Heard)
    assert isinstance(code.event, e.TimecodeRead)
    assert (code.event.film_us, code.event.sound_us) == (1000, 1020)


@pytest.mark.parametrize(
    ("key", "text", "reason"),
    [
        ("HALL", "Hall1", Reason.HALL),
        ("HALL", "a" * 17, Reason.HALL),
        ("HALL", "h1/../h2", Reason.MALFORMED),
        ("HALL", "", Reason.MALFORMED),
        ("ROLE", "lights", Reason.ROLE),
        ("EVENT", "explode", Reason.WORD),
        ("SEQ", "0", Reason.NUMBER),
        ("SEQ", "abc", Reason.NUMBER),
        ("SEQ", "-1", Reason.MALFORMED),
        ("SEQ", "\u0661", Reason.MALFORMED),
        ("SEQ", "1" * 21, Reason.NUMBER),
        ("SEQ", str(2**63), Reason.NUMBER),
        ("EPOCH", "0", Reason.NUMBER),
        ("EPOCH", str(2**32), Reason.NUMBER),
        ("FRAME", "1e5", Reason.NUMBER),
        ("NS", "1\n", Reason.MALFORMED),
        ("VAL", "a b", Reason.MALFORMED),
        ("VAL", "x" * 1500, Reason.OVERSIZED),
    ],
)
def test_a_wrong_key_is_refused_by_its_reason(key: str, text: str, reason: Reason) -> None:
    outcome = bare({**GOOD, key: text})
    assert isinstance(outcome, Refused)
    assert outcome.reason == reason
    assert len(outcome.detail) <= 40


@pytest.mark.parametrize(("word", "val"), [("local", "2"), ("door", "open"), ("tension", "loose")])
def test_a_value_that_the_word_does_not_allow_is_refused(word: str, val: str) -> None:
    assert bare({**GOOD, "EVENT": word, "VAL": val}) == Refused(Reason.VALUE, f"{word} {val}")


@pytest.mark.parametrize("val", ["5", "x5", "5x", f"{2**63}x1", f"1x{2**63}", "1x2x3"])
def test_a_timecode_that_fits_no_number_is_refused(val: str) -> None:
    outcome = bare({**GOOD, "ROLE": "sound", "EVENT": "timecode", "VAL": val})
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.VALUE


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named(key: str) -> None:
    keys = {name: text for name, text in GOOD.items() if name != key}
    assert bare(keys) == Refused(Reason.MISSING, key)


def test_only_this_booths_synthetic_events_are_heard() -> None:
    keys = {f"SYNTH_ARG_{key}": text for key, text in GOOD.items()}

    def synthetic(**more: str) -> Heard | Refused:
        return parse_uevent({"ACTION": "change", **keys, **more}, prefix="SYNTH_ARG_", uuid=UUID)

    assert isinstance(synthetic(SYNTH_UUID=UUID), Heard)
    assert synthetic(SYNTH_UUID="0") == Refused(Reason.FOREIGN)
    assert synthetic() == Refused(Reason.FOREIGN)
    assert synthetic(SYNTH_UUID=UUID, ACTION="add") == Refused(Reason.ACTION, "add")


def test_a_class_device_comes_and_goes_without_numbers() -> None:
    ids = {"REEL_HALL": "h2", "REEL_ROLE": "sound"}
    added = e.DeviceAdded(role=Role.SOUND, epoch=0, hw_seq=0)
    removed = e.DeviceRemoved(role=Role.SOUND, epoch=0, hw_seq=0)
    assert module(ACTION="add", **ids) == Heard("h2", added)
    assert module(ACTION="remove", **ids) == Heard("h2", removed)
    assert module(ACTION="change", **ids) == Refused(Reason.MISSING, "EVENT")
    assert module(ACTION="bind", **ids) == Refused(Reason.ACTION, "bind")


def test_a_class_device_may_number_its_coming() -> None:
    keys = reel({**GOOD, "EVENT": "added"})
    assert module(ACTION="add", **keys) == Heard(
        "h1", e.DeviceAdded(role=Role.PROJECTION, epoch=77, hw_seq=12, hw_ns=5, frame=3)
    )
    assert module(ACTION="remove", **keys) == Refused(Reason.ACTION, "remove")
    keys.pop("REEL_SEQ")
    assert module(ACTION="add", **keys) == Refused(Reason.MISSING, "SEQ")


def test_a_removal_that_somebody_triggered_by_hand_is_not_the_modules() -> None:
    triggered = module(ACTION="remove", SYNTH_UUID="0", REEL_HALL="h1", REEL_ROLE="projection")
    assert triggered == Refused(Reason.FOREIGN)


texts = st.text(max_size=30) | st.sampled_from([*GOOD.values(), *WORDS, "sound", "change", "add", UUID])
names = st.sampled_from([*reel(GOOD), "ACTION", "SYNTH_UUID"]) | st.text(max_size=10)


@given(st.dictionaries(names, texts, max_size=14), st.sampled_from(["", "REEL_", "SYNTH_ARG_"]))
@example(reel(GOOD), "REEL_")
def test_whatever_comes_is_heard_or_refused(properties: dict[str, str], prefix: str) -> None:
    outcome = parse_uevent(properties, prefix=prefix, uuid=None)
    if isinstance(outcome, Heard):
        assert outcome.hall == properties[prefix + "HALL"]
        assert 0 <= outcome.event.hw_seq < 2**63
    else:
        assert outcome.reason in Reason


@given(st.sampled_from(sorted(GOOD)), st.text(max_size=1600))
def test_one_hostile_value_never_raises(key: str, text: str) -> None:
    outcome = bare({**GOOD, key: text})
    assert isinstance(outcome, Heard | Refused)
