# SPDX-License-Identifier: Apache-2.0
"""What reel-deploy answers, read strictly: `key=value` lines, `log TEXT` lines, and a last line `ok` or `refused`."""

import re
from dataclasses import dataclass, field

from adapters.ssh.errors import DeployMisbehaved, ServerRefused, readable
from statemachines.deployment_facts import Findings

MAX_ANSWER = 65_536
"""Bytes of a whole answer: lists of modules, and 8 KiB of kernel log."""

_KEY = re.compile(r"[a-z_]{1,32}")
_NAME = re.compile(r"[A-Za-z0-9._+~-]{1,128}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_FLAGS = {"0": False, "1": True}
_WORDS_MOST = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that ended with `ok`: its values by key, and the end of the server's kernel log."""

    values: dict[str, str] = field(default_factory=dict)
    kernel_log: str = ""

    def text(self, key: str) -> str:
        """Return a value; it may be empty, and must be there."""
        if key not in self.values:
            raise DeployMisbehaved(f"{key}= is missing")
        return self.values[key]

    def name(self, key: str) -> str:
        """Return a value that names something, or nothing."""
        return _named(key, self.text(key)) if self.text(key) else ""

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of names, in their order."""
        return tuple(_named(key, each) for each in self.text(key).split(",")) if self.text(key) else ()

    def number(self, key: str) -> int:
        """Return an unsigned decimal."""
        return _counted(key, self.text(key))

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of unsigned decimals."""
        return tuple(_counted(key, each) for each in self.text(key).split(",")) if self.text(key) else ()

    def flag(self, key: str) -> bool:
        """Return a 0 or a 1."""
        if self.text(key) not in _FLAGS:
            raise DeployMisbehaved(f"{key}={readable(self.text(key))} is neither 0 nor 1")
        return _FLAGS[self.text(key)]


def _named(key: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise DeployMisbehaved(f"{key}= holds {readable(text)!r}, which is no name")
    return text


def _counted(key: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise DeployMisbehaved(f"{key}= holds {readable(text)!r}, which is no number")
    return int(text)


def parse_answer(data: bytes, status: int | None) -> Answer:
    """Read a whole answer; `status` is what the program ended with.

    Raises:
        ServerRefused: it ends with `refused WORDS`.
        DeployMisbehaved: it has another form.
    """
    text = data.decode("ascii", "replace")
    *lines, last, rest = ["", *text.split("\n")]
    if rest or "\ufffd" in text:
        raise DeployMisbehaved(f"{readable(text[-200:])!r} is cut off, or not ASCII")
    values: dict[str, str] = {}
    log: list[str] = []
    for line in lines[1:]:
        key, equals, value = line.partition("=")
        if line == "log" or line.startswith("log "):
            log.append(line[4:])
        elif equals and _KEY.fullmatch(key) and key not in values and not log and value.isprintable():
            values[key] = value
        else:
            raise DeployMisbehaved(f"{readable(line)!r} is no line of an answer")
    kernel_log = "\n".join("".join(sign if sign.isprintable() else " " for sign in each) for each in log)
    match last.partition(" "), status:
        case ("ok", "", ""), 0:
            return Answer(values, kernel_log)
        case ("refused", " ", words), 1 | 2 if words.isprintable():
            raise ServerRefused(words[:_WORDS_MOST], kernel_log)
        case _:
            raise DeployMisbehaved(f"it ended with {readable(last)!r} and status {status}")


def findings(answer: Answer) -> Findings:
    """Return what an inspection read.

    Raises:
        DeployMisbehaved: a key is missing, or a value has another form.
    """
    return Findings(
        boot_id=answer.name("boot_id"),
        kernel=answer.name("kernel"),
        vermagic=answer.text("vermagic"),
        sig_enforce=answer.flag("sig_enforce"),
        free=answer.number("free"),
        loaded=answer.name("loaded"),
        boots=answer.name("boots"),
        staged=answer.names("staged"),
        installed=answer.names("installed"),
        modules=answer.names("modules"),
        epochs=answer.numbers("epochs"),
    )
