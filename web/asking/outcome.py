# SPDX-License-Identifier: Apache-2.0
"""What came of a request, from the rows of the log. Pure: rows in, `RequestView` out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from adapters.store.services import ANSWERED
from statemachines.words import Role, Verdict
from web.api.shapes.request import CommandView, RequestView, Stage
from web.sight.speech import Speech, ms

TOO_OLD = "Nobody took it up within 10 s; it will not be done any more."
WAITING = "The runtime has not answered yet."
SITE_TAKEN = "The runtime has taken it up; the sessions show what comes of it."
ROLLOUT_TAKEN = "The runtime has it, and has not answered yet."
_OK = "ok"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked, as it stands in the table of requests, or as it was sent."""

    id: str
    hall: str
    verb: str
    args: tuple[str, ...]
    actor: str
    asked_ns: int
    expires_ns: int

    @property
    def is_answered(self) -> bool:
        """Tell whether the log will hold a verdict on it."""
        return bool(self.hall) or self.verb in ANSWERED


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the log holds of it: its row, and the results of commands by role and number."""

    verdict: str
    reason: str
    at_ns: int
    expired: bool = False
    effects: tuple[Mapping[str, Any], ...] = ()
    results: Mapping[tuple[str, int], str] = field(default_factory=dict)


def outcome(asked: Question, answer: Answer | None, speech: Speech, now_ns: int) -> RequestView:
    """Return the request with how far it is. It is done when every command of its row was answered ok."""
    commands = [] if answer is None else _commands(answer)
    return RequestView(
        id=UUID(asked.id),
        hall=asked.hall,
        verb=asked.verb,
        args=list(asked.args),
        actor=asked.actor,
        asked_ms=ms(asked.asked_ns),
        expires_ms=ms(asked.expires_ns),
        stage=_unanswered(asked, now_ns) if answer is None else _stage(answer, commands),
        verdict=None if answer is None else answer.verdict,
        reason=_silence(asked, now_ns) if answer is None else speech.say(answer.reason, answer.at_ns),
        commands=commands,
    )


def site_outcome(asked: Question, *, beat_ns: int, now_ns: int) -> RequestView:
    """Return a request to the site: no hall's log tells of it, but a runtime that lives takes it up at once."""
    view = outcome(asked, None, Speech("UTC"), now_ns)
    if beat_ns > asked.asked_ns:
        return view.model_copy(update={"stage": Stage.ACCEPTED, "reason": SITE_TAKEN})
    return view


def rollout_outcome(asked: Question, *, beat_ns: int, now_ns: int) -> RequestView:
    """Return a request for a roll-out that the log does not answer yet: a dry run looks at servers first."""
    view = outcome(asked, None, Speech("UTC"), now_ns)
    if beat_ns > asked.asked_ns:
        return view.model_copy(update={"stage": Stage.ACCEPTED, "reason": ROLLOUT_TAKEN})
    return view


def _unanswered(asked: Question, now_ns: int) -> Stage:
    return Stage.EXPIRED if now_ns > asked.expires_ns else Stage.ASKED


def _silence(asked: Question, now_ns: int) -> str:
    return TOO_OLD if now_ns > asked.expires_ns else WAITING


def _commands(answer: Answer) -> list[CommandView]:
    return [
        CommandView(
            role=Role(effect["role"]),
            cmd_seq=effect["cmd_seq"],
            verb=effect["verb"],
            arg=effect.get("arg", ""),
            result=answer.results.get((effect["role"], effect["cmd_seq"])),
        )
        for effect in answer.effects
        if effect["do"] == "command"
    ]


def _stage(answer: Answer, commands: list[CommandView]) -> Stage:
    if answer.expired and answer.verdict == Verdict.REFUSAL:
        return Stage.EXPIRED
    if answer.verdict == Verdict.REFUSAL:
        return Stage.REFUSED
    results = {command.result for command in commands}
    if results - {_OK, None}:
        return Stage.FAILED
    return Stage.ACCEPTED if None in results else Stage.DONE
