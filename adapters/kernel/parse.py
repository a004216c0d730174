# SPDX-License-Identifier: Apache-2.0
"""From the keys of one uevent to one event of the core, or to a reason why not. Never raises on bad input."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from statemachines.events import KernelEvent
from statemachines.kernel_words import PROJECTION_WORDS, SOUND_WORDS, WORDS, ValueRefused, value_fields
from statemachines.words import Role

MODULE_PREFIX = "REEL_"
SYNTHETIC_PREFIX = "SYNTH_ARG_"
LINE_PREFIX = ""

KEYS = ("HALL", "ROLE", "EVENT", "SEQ", "EPOCH", "FRAME", "NS", "VAL")
"""What an event says, each behind the prefix."""

MESSAGE_LIMIT = 1500
"""Bytes of all keys and values of one event: what the kernel lets through for synthetic ones."""

NUMBER_LIMIT = 2**63
"""Numbers stay below this, so that every one of them fits the event log's integer columns."""

ACTION_WORDS = {"add": "added", "remove": "removed"}
"""A class device's own coming and going, which the kernel itself reports without EVENT, SEQ or EPOCH."""

_NAME = re.compile(r"[a-z0-9]{1,16}")
_VALUE = re.compile(r"[A-Za-z0-9]+")
_NUMBER = re.compile(r"[0-9]{1,20}")


class Reason(StrEnum):
    """Why an event is refused; each is counted on its own."""

    FOREIGN = "foreign"
    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    MISSING = "missing"
    HALL = "hall"
    ROLE = "role"
    WORD = "word"
    WORD_OF_OTHER_ROLE = "word of other role"
    ACTION = "action"
    NUMBER = "number"
    VALUE = "value"


REASON_MEANINGS = {
    Reason.FOREIGN: "a synthetic event that is not this booth's: wrong SYNTH_UUID, or any where none belongs",
    Reason.OVERSIZED: f"{MESSAGE_LIMIT} bytes or more",
    Reason.MALFORMED: "a value that is not of letters and digits, or text that is no line of keys",
    Reason.MISSING: "a key is missing",
    Reason.HALL: "HALL is not 1 to 16 small letters and digits",
    Reason.ROLE: "ROLE is neither projection nor sound",
    Reason.WORD: "EVENT is none of the words below",
    Reason.WORD_OF_OTHER_ROLE: "EVENT is a word that a device of this ROLE does not say",
    Reason.ACTION: "the kernel's ACTION is not one that carries such an event",
    Reason.NUMBER: "SEQ, EPOCH, FRAME or NS is no unsigned decimal in its range",
    Reason.VALUE: "VAL is none that the word allows",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """An event of one hall. `epoch` and `hw_seq` are 0 where the kernel reported a class device by itself."""

    hall: str
    event: KernelEvent


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is no event; `detail` names the offending key or at most 40 characters of its value."""

    reason: Reason
    detail: str = ""


class _Wrong(Exception):
    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.refused = Refused(reason, detail)


def parse_uevent(properties: Mapping[str, str], *, prefix: str, uuid: str | None) -> Heard | Refused:
    """Read one uevent.

    `prefix` is what its keys begin with. With a `uuid` only synthetic events that carry it are heard, without
    one no synthetic event is (anybody with root can trigger an `add` or `remove` of a device that stays).
    """
    try:
        if properties.get("SYNTH_UUID") != uuid:
            raise _Wrong(Reason.FOREIGN)
        return _heard(properties, _own_keys(properties, prefix), prefix)
    except _Wrong as wrong:
        return wrong.refused


def _own_keys(properties: Mapping[str, str], prefix: str) -> dict[str, str]:
    start = len(prefix)
    keys = {key[start:]: text for key, text in properties.items() if key.startswith(prefix)}
    if sum(map(len, keys)) + sum(map(len, keys.values())) + (start + 2) * len(keys) >= MESSAGE_LIMIT:
        raise _Wrong(Reason.OVERSIZED)
    return keys


def _word(properties: Mapping[str, str], keys: Mapping[str, str], prefix: str) -> str:
    """Return EVENT; a class device's own coming or going is a word by itself."""
    action = properties.get("ACTION", "change")
    if action == "change":
        return _value(keys, "EVENT")
    own = ACTION_WORDS.get(action, "") if prefix == MODULE_PREFIX else ""
    if not own or keys.get("EVENT", own) != own:
        raise _Wrong(Reason.ACTION, action[:40])
    return own


def _heard(properties: Mapping[str, str], keys: Mapping[str, str], prefix: str) -> Heard:
    hall = _value(keys, "HALL")
    if not _NAME.fullmatch(hall):
        raise _Wrong(Reason.HALL, hall[:40])
    role = _role(keys)
    word = _word(properties, keys, prefix)
    if word not in WORDS:
        raise _Wrong(Reason.WORD, word[:40])
    if word not in (SOUND_WORDS if role is Role.SOUND else PROJECTION_WORDS):
        raise _Wrong(Reason.WORD_OF_OTHER_ROLE, word)
    event = WORDS[word]
    if properties.get("ACTION", "change") != "change" and not {"SEQ", "EPOCH"} & keys.keys():
        return Heard(hall, event(role=role, epoch=0, hw_seq=0))
    seq, epoch = _number(keys, "SEQ", least=1), _number(keys, "EPOCH", least=1, below=2**32)
    hw_ns, frame = _number(keys, "NS"), _number(keys, "FRAME")
    fields = _fields(word, _value(keys, "VAL"))
    return Heard(hall, event(role=role, epoch=epoch, hw_seq=seq, hw_ns=hw_ns, frame=frame, **fields))


def _value(keys: Mapping[str, str], key: str) -> str:
    text = keys.get(key)
    if text is None:
        raise _Wrong(Reason.MISSING, key)
    if not _VALUE.fullmatch(text):
        raise _Wrong(Reason.MALFORMED, key)
    return text


def _role(keys: Mapping[str, str]) -> Role:
    try:
        return Role(_value(keys, "ROLE"))
    except ValueError:
        raise _Wrong(Reason.ROLE, keys["ROLE"][:40]) from None


def _number(keys: Mapping[str, str], key: str, *, least: int = 0, below: int = NUMBER_LIMIT) -> int:
    text = keys.get(key, "")
    if not _NUMBER.fullmatch(text):
        _value(keys, key)  # no number: is it a value at all?
        raise _Wrong(Reason.NUMBER, key)
    if not least <= (number := int(text)) < below:
        raise _Wrong(Reason.NUMBER, key)
    return number


def _fields(word: str, val: str) -> dict[str, Any]:
    try:
        fields = value_fields(word, val)
    except ValueRefused:
        raise _Wrong(Reason.VALUE, f"{word} {val[:20]}") from None
    if any(isinstance(field, int) and field >= NUMBER_LIMIT for field in fields.values()):
        raise _Wrong(Reason.VALUE, f"{word} {val[:20]}")
    return fields
