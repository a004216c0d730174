# SPDX-License-Identifier: Apache-2.0
"""What people read of a deployment: why it goes where it goes, and where it stands."""

from statemachines import deployment_events as de
from statemachines.deployment_facts import Check, Step
from statemachines.deployment_guards import faults_found, restarted
from statemachines.deployment_value import Deployment, DeploymentDraft, DeploymentState
from statemachines.events import TimerDue

_CHECKS = {Check.ABI: "ABI version", Check.SELF_TEST: "self-test", Check.AGENT: "agent", Check.DRILL: "interlock drill"}
_S = 1_000_000_000
_ENDS = (DeploymentState.COMMITTED, DeploymentState.ROLLED_BACK, DeploymentState.FAILED)


def _lost(value: Deployment) -> str:
    return f"server {value.order.server} was lost {value.attempts + 1} times in a row: {value.trouble}"


def _unheard(value: Deployment) -> str:
    known = value.known
    silent = len(set(known.epochs) - set(value.heard)) if known else 0
    within = value.order.limits.heartbeat_ns // _S
    if not silent:
        return "the module has no device at all"
    return f"no heartbeat was heard from {silent} of {len(known.epochs) if known else 0} devices within {within} s"


def _unanswered(value: Deployment) -> str:
    left = [_CHECKS[check] for check in Check if check not in {each.check for each in value.results}]
    return f"unanswered after {value.order.limits.probe_ns // _S} s: {', '.join(left) or 'nothing but heartbeats'}"


def why(draft: DeploymentDraft) -> str:
    """Return why this step gives up what was wanted, as a sentence."""
    event, value = draft.event, draft.value
    match event:
        case de.AbortAsked(actor=actor):
            return f"it was aborted by {actor}" if actor else "it was aborted"
        case de.ReleaseAsked(actor=actor):
            return f"{actor or 'somebody'} let its halls go while it waited for them"
        case de.StepRefused(words=words):
            return f"server {value.order.server} refused a step: {words}"
        case de.CheckAnswered(check=check):
            failed = next((each.words for each in value.results if not each.passed), "")
            return f"the {_CHECKS[check]} is not as it must be: {failed or 'it failed'}"
        case TimerDue(name=name) if name.endswith(":heartbeat"):
            return _unheard(value)
        case TimerDue() if value.doing is Step.PROBE:
            return _unanswered(value)
        case de.ServerInspected():
            return _found(draft)
        case _:
            return _lost(value)


def _found(draft: DeploymentDraft) -> str:
    if not restarted(draft):
        return f"server {draft.value.order.server} started again after the new module was loaded"
    return "; ".join(faults_found(draft)) or "the new module is not loaded any more"


def waiting(value: Deployment) -> str:
    """Return which halls are waited for, and why, or an empty string."""
    seen = {sight.hall: sight for sight in value.sights}
    parts = []
    for hall in value.order.halls:
        sight = seen.get(hall)
        if sight is None:
            parts.append(f"nothing is known of hall {hall} yet")
        elif not sight.at_rest:
            film = " with film in its path" if sight.film else ""
            parts.append(f"hall {hall} is {sight.state}{film}")
        elif sight.holder not in ("", value.id):
            parts.append(f"hall {hall} is held for another deployment")
    return ", ".join(parts)


_STANDS = {
    DeploymentState.PREFLIGHT: "the server is being examined",
    DeploymentState.STAGED: "the release is on the server, which runs untouched",
    DeploymentState.INSTALLED: "the module is being replaced",
    DeploymentState.PROBING: "the new module is being probed",
    DeploymentState.COMMITTED: "the server runs the new module and starts with it",
    DeploymentState.ROLLING_BACK: "the previous module is being brought back",
    DeploymentState.ROLLED_BACK: "the server runs what it ran before",
    DeploymentState.FAILED: "what the server runs could not be shown, its halls stay held",
}


def stands(value: Deployment) -> str:
    """Return where a deployment stands, as a clause."""
    waits = waiting(value)
    match value.state:
        case DeploymentState.PENDING if value.paused:
            return "it is paused"
        case DeploymentState.PENDING:
            return f"it waits for its halls: {waits}" if waits else "it waits for its halls to be held"
        case DeploymentState.INSTALLED | DeploymentState.ROLLING_BACK if value.waits_for_halls and waits:
            return f"{_STANDS[value.state]}, which waits for its halls: {waits}"
        case DeploymentState.FAILED if not value.holding:
            return "what the server runs could not be shown, and its halls were let go"
        case state:
            return _STANDS[state]


def label(value: Deployment) -> str:
    """Return a deployment in one sentence for pages and consoles."""
    words = stands(value)
    if value.state not in _ENDS and value.attempts:
        words += f"; it was lost {value.attempts} times ({value.trouble})"
    if value.reason:
        words += f"; {value.reason}"
    if value.rollback_reason:
        words += f"; and bringing back the previous module: {value.rollback_reason}"
    return f"{words[0].upper()}{words[1:]}."


def not_here(value: Deployment, trigger: str) -> str:
    """Return why a state does nothing about an event."""
    busy = value.state in (DeploymentState.INSTALLED, DeploymentState.PROBING)
    if trigger == "release_asked" and value.state not in _ENDS:
        return f"{stands(value)}: abort it"
    if busy and trigger == "pause_asked":
        return f"{stands(value)}: let it end, or abort it"
    if value.state is DeploymentState.FAILED and value.holding and trigger == "abort_asked":
        return f"{stands(value)}: resume it to bring the previous module back once more, or release its halls"
    over = value.state in _ENDS and trigger in ("pause_asked", "resume_asked", "abort_asked", "release_asked")
    return f"it is over: {stands(value)}" if over else stands(value)
