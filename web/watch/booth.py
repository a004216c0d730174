# SPDX-License-Identifier: Apache-2.0
"""What the booth had to do for a show: sessions, keys, commands, alarms, and who asked for what. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median_low

from statemachines.history import HALL, SESSION
from statemachines.record import Record
from statemachines.words import Role, State, Verdict
from web.api.shapes.report import AlarmRun, Asked, OffsetRange, RefusedCommand, SessionGap
from web.sight.speech import Speech, ms
from web.watch.picture import who_asked

_ASKED = {"operator_requested": "", "show_started": "start", "show_stopped": "stop", "emergency_stop": "emergency stop"}
"""Kinds by which somebody asks for something; where the payload names no verb, the word for it."""


def offsets(timecodes: Iterable[tuple[str, str, dict[str, int]]]) -> OffsetRange | None:
    """Return how far the sound was off, of (state word, source, payload) of timecode rows.

    What a ring told afterwards is left out: it is not when, and not what, the audience heard.
    """
    found = [
        payload["sound_us"] - payload["film_us"]
        for state, source, payload in timecodes
        if state == State.PROJECTING and source == "kernel"
    ]
    if not found:
        return None
    return OffsetRange(min_us=min(found), median_us=median_low(found), max_us=max(found), readings=len(found))


def session_gaps(told: Sequence[Record], speech: Speech) -> list[SessionGap]:
    """Return when a session was lost, and until when."""
    found: list[SessionGap] = []
    for row in told:
        if row.kind not in ("session_lost", "session_up"):
            continue
        role = Role(row.payload["role"])
        gap = next((each for each in found if each.role is role and each.until_ms is None), None)
        if row.kind == "session_up" and gap is not None:
            gap.until_ms = ms(row.at_ns)
        elif row.kind == "session_lost" and gap is None:
            words = speech.say(row.payload["reason"], row.at_ns)
            found.append(SessionGap(role=role, at_ms=ms(row.at_ns), until_ms=None, words=words))
    return found


def rotations(told: Iterable[Record]) -> dict[Role, int]:
    """Return how often each session was given a new key."""
    counted = Counter(row.subject.removeprefix(SESSION) for row in told if row.kind == "link_rotated")
    return {Role(role): count for role, count in sorted(counted.items())}


def alarm_runs(told: Iterable[Record], speech: Speech) -> list[AlarmRun]:
    """Return the alarms that were raised, and when their causes were gone."""
    found: list[AlarmRun] = []
    for row in told:
        for effect in row.effects:
            match effect["do"]:
                case "raise_alarm":
                    words = speech.say(effect["words"], row.at_ns)
                    found.append(AlarmRun(name=effect["name"], words=words, at_ms=ms(row.at_ns), until_ms=None))
                case "return_alarm":
                    for each in found:
                        if each.name == effect["name"] and each.until_ms is None:
                            each.until_ms = ms(row.at_ns)
                case _:
                    pass
    return found


def refused_commands(told: Iterable[Record]) -> list[RefusedCommand]:
    """Return the commands that a device did not carry out."""
    sent: dict[tuple[str, int], str] = {}
    found = []
    for row in told:
        for effect in row.effects:
            if effect["do"] == "command":
                sent[effect["role"], effect["cmd_seq"]] = f"{effect['verb']} {effect['arg']}".strip()
        if row.kind == "command_done" and row.payload["result"] != "ok":
            role, cmd_seq, result = (row.payload[name] for name in ("role", "cmd_seq", "result"))
            command = sent.get((role, cmd_seq), f"number {cmd_seq}")
            found.append(RefusedCommand(role=Role(role), at_ms=ms(row.at_ns), command=command, result=result))
    return found


def asked(told: Iterable[Record], speech: Speech) -> list[Asked]:
    """Return what people asked of the hall, by the page, the command line or the buttons of the projector."""
    return [
        Asked(
            at_ms=ms(row.at_ns),
            who=who_asked(row) or "somebody",
            what=_what(row),
            done=row.verdict != Verdict.REFUSAL,
            words=speech.say(row.reason, row.at_ns),
        )
        for row in told
        if row.kind in _ASKED and row.subject == HALL
    ]


def _what(row: Record) -> str:
    verb = _ASKED[row.kind] or f"{row.payload['verb']} {row.payload['argument']}"
    return verb.replace("_", " ").strip()


def events_lost(told: Iterable[Record]) -> int:
    """Return how many events of the hardware were lost for good."""
    return sum(row.payload["count"] for row in told if row.kind == "events_lost")
