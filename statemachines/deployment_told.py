# SPDX-License-Identifier: Apache-2.0
"""A deployment's rows as people read them: each in a line, and the kernel logs that its server told."""

from collections.abc import Iterable
from typing import Any

from statemachines.deployment_facts import Check, Step
from statemachines.history import state_in
from statemachines.record import Record
from statemachines.values import Value
from statemachines.words import Verdict

_SHORT = 12
_CHECKS = {Check.ABI: "ABI version", Check.SELF_TEST: "self-test", Check.AGENT: "agent", Check.DRILL: "interlock drill"}
_PLAIN = {
    "release_staged": "the release lies on the server, verified there",
    "release_installed": "the module can be loaded from its own place, and the previous one is kept",
    "module_unloaded": "the module that ran is unloaded",
    "release_committed": "the server starts with the new module from now on",
    "server_rolled_back": "the server says that it runs the previous module",
    "controller_recovered": "the controller started again",
}
_TIMERS = {
    "step": "a step was not answered in time",
    "retry": "it is tried again",
    "heartbeat": "the time for a heartbeat is over",
}
_STEPS = frozenset(Step)


class KernelLog(Value, frozen=True, kw_only=True):
    """The end of a server's own kernel log, as it was when row `log_seq` came. `words` say what the row was."""

    log_seq: int
    at_ns: int
    words: str
    text: str


def row_words(row: Record) -> str:
    """Return what a row tells, in a line; where it changed the state, from what to what."""
    before, after = state_in(row.before), state_in(row.after)
    what = _what(row.kind, row.payload)
    if row.verdict == Verdict.REFUSAL:
        return f"{what}: refused, for {row.reason}"
    return f"{what} ({_spoken(before)} → {_spoken(after)})" if row.verdict == Verdict.TRANSITION else what


def asked_next(row: Record) -> tuple[Step, ...]:
    """Return the steps that the server was asked for in consequence of a row."""
    return tuple(Step(effect["do"]) for effect in row.effects if effect["do"] in _STEPS)


def kernel_logs(rows: Iterable[Record]) -> tuple[KernelLog, ...]:
    """Return the server's kernel log before anything of it was touched, and its newest; one where they are the same."""
    told = [
        KernelLog(log_seq=row.log_seq, at_ns=row.at_ns, words=row_words(row), text=row.payload["kernel_log"])
        for row in rows
        if row.payload.get("kernel_log")
    ]
    return tuple(told[:1] + told[1:][-1:])


def _what(kind: str, payload: dict[str, Any]) -> str:
    match kind:
        case "deployment_asked":
            order = payload["order"]
            return f"asked for: {order['release']['id']} onto server {order['server']}"
        case "hall_seen":
            return _hall(payload["sight"])
        case "server_inspected":
            return _inspected(payload)
        case "module_loaded":
            devices = len(payload["epochs"])
            return f"the new module is loaded, with {devices} device{'' if devices == 1 else 's'}"
        case "check_answered":
            return _check(payload)
        case "heartbeat_heard":
            return f"a device was heard (epoch {payload['epoch']})"
        case "step_refused":
            return f"the server refused: {payload['words']}"
        case "connection_lost":
            return f"the server was lost: {payload['words']}"
        case "pause_asked" | "resume_asked" | "abort_asked" | "release_asked":
            who, halls = payload.get("actor"), " of its halls" if kind == "release_asked" else ""
            return f"{kind.partition('_')[0]}{halls} was asked for{f' by {who}' if who else ''}"
        case "timer_due":
            short = payload["name"].rpartition(":")[2]
            return _TIMERS.get(short, f"the timer {short} is due")
        case _:
            return _PLAIN.get(kind, _spoken(kind))


def _hall(sight: dict[str, Any]) -> str:
    film = " with film in its path" if sight["film"] else ""
    held = f", held for {sight['holder']}" if sight.get("holder") else ""
    return f"hall {sight['hall']} is {sight['state']}{film}{held}"


def _inspected(payload: dict[str, Any]) -> str:
    found = payload["found"]
    runs, starts = (found.get(name, "")[:_SHORT] or "no module" for name in ("loaded", "boots"))
    wrong = "".join(f"; the release: {words}" for words in payload.get("artefact", ()))
    return f"the server runs {runs} and starts with {starts}, kernel {found['kernel']}{wrong}"


def _check(payload: dict[str, Any]) -> str:
    name = _CHECKS[Check(payload["check"])]
    if payload.get("passed", True):
        return f"the {name} {'is ' + str(payload.get('abi', 0)) if name == _CHECKS[Check.ABI] else 'passed'}"
    return f"the {name} failed: {payload.get('words') or 'it does not say why'}"


def _spoken(name: str) -> str:
    return name.replace("_", " ")
