# SPDX-License-Identifier: Apache-2.0
"""What an event tells of the server and its halls, noted before an edge fires; and which events tell nothing."""

from msgspec.structs import replace

from statemachines import deployment_events as de
from statemachines.deployment_facts import Check, Step
from statemachines.deployment_value import CheckResult, Deployment, timer_name
from statemachines.events import Event, Stamped, TimerDue, kind_of

_EARLY_NS = 100_000_000
"""A timer may come this early by the runtime's time; earlier, it is an old one's that was armed again since."""


def ignored(deployment: Deployment, stamped: Stamped) -> str:
    """Return why an event is not even taken into account, or an empty string."""
    match stamped.event:
        case TimerDue(name=name):
            return _not_due(deployment, name, stamped.at_ns)
        case de.DeploymentEvent(deployment=other) if other != deployment.id:
            return f"that is about deployment {other}"
        case de.DeploymentAsked(order=order):
            if deployment.order.halls:
                return "it was asked for before"
            return "" if order.halls else f"server {order.server} serves no hall: nothing says when it may be touched"
        case de.DeploymentEvent() if not deployment.order.halls:
            return "this deployment was never asked for"
        case de.HallSeen(sight=sight) if sight.hall not in deployment.order.halls:
            return f"server {deployment.order.server} does not serve hall {sight.hall}"
        case de.HeartbeatHeard(epoch=epoch):
            return _not_probed(deployment, epoch)
        case de.StepEvent() as event:
            return _stale(deployment, event)
        case de.DeploymentEvent():
            return ""
        case event:
            return f"{kind_of(event)} is no affair of a deployment"


def _not_due(deployment: Deployment, name: str, at_ns: int) -> str:
    subject, _, short = name.rpartition(":")
    limit = deployment.armed(short) if timer_name(deployment.id, short) == f"{subject}:{short}" else None
    if limit is None:
        return f"the timer '{name}' is not armed any more"
    return "" if at_ns >= limit.at_ns - _EARLY_NS else f"the timer '{name}' was armed again since"


def _not_probed(deployment: Deployment, epoch: int) -> str:
    known = deployment.known
    probed = deployment.doing is Step.PROBE and known is not None and epoch in known.epochs
    return "" if probed else "no device of that epoch is being probed"


def _stale(deployment: Deployment, event: de.StepEvent) -> str:
    doing = deployment.doing
    if doing is None:
        return f"no step is on its way: the last was number {deployment.number}"
    if event.number != deployment.number:
        return f"that was step {event.number}; number {deployment.number} ({doing}) is on its way"
    answers = event.step if isinstance(event, de.StepDone) else Step.PROBE
    if isinstance(event, de.StepDone | de.CheckAnswered) and answers is not doing:
        return f"that answers another step than the one on its way ({doing})"
    return ""


def absorbed(deployment: Deployment, event: Event, at_ns: int) -> Deployment:
    """Return the deployment as it is after it was told."""
    deployment = replace(deployment, at_ns=at_ns)
    match event:
        case de.DeploymentAsked(order=order):
            return replace(deployment, order=order)
        case de.HallSeen(sight=sight):
            others = (each for each in deployment.sights if each.hall != sight.hall)
            return replace(deployment, sights=tuple(sorted((*others, sight), key=lambda each: each.hall)))
        case de.HeartbeatHeard(epoch=epoch):
            return replace(deployment, heard=tuple(sorted({*deployment.heard, epoch})))
        case de.CheckAnswered():
            before = (each for each in deployment.results if each.check is not event.check)
            return replace(deployment, results=(*before, _judged(deployment, event)))
        case de.StepDone():
            return replace(_learnt(deployment, event), doing=None)
        case de.StepRefused(words=words) | de.ConnectionLost(words=words):
            return replace(deployment, doing=None, trouble=words)
        case TimerDue(name=name):
            short = name.rpartition(":")[2]
            left = tuple(limit for limit in deployment.limits if limit.name != short)
            late = f"no answer to {deployment.doing} in time" if short == "step" else deployment.trouble
            return replace(deployment, limits=left, trouble=late)
        case de.ControllerRecovered():
            return replace(deployment, doing=None, sights=(), limits=())
        case _:
            return deployment


def _judged(deployment: Deployment, event: de.CheckAnswered) -> CheckResult:
    release = deployment.order.release
    if event.check is Check.ABI and event.passed and not release.abi_min <= event.abi <= release.abi_max:
        words = f"the module speaks ABI {event.abi}, the release says {release.abi_min} to {release.abi_max}"
        return CheckResult(check=event.check, passed=False, words=words)
    return CheckResult(check=event.check, passed=event.passed, words=event.words)


def _learnt(deployment: Deployment, event: de.StepDone) -> Deployment:
    """What the server has now that it has done a step. What a roll-back did is read, not believed."""
    known, new = deployment.known, deployment.order.release.sha256
    if isinstance(event, de.ServerInspected):
        same = known is not None and (known.boot_id, known.epochs) == (event.found.boot_id, event.found.epochs)
        kept = deployment if same else replace(deployment, results=(), heard=())
        return replace(kept, known=event.found)
    if known is None:
        return deployment
    match event:
        case de.ReleaseStaged():
            known = replace(known, staged=_with(known.staged, new))
        case de.ReleaseInstalled():
            known = replace(known, installed=_with(known.installed, new))
        case de.ModuleUnloaded():
            known = replace(known, loaded="", epochs=())
        case de.ModuleLoaded(epochs=epochs):
            known = replace(known, loaded=new, epochs=epochs)
            deployment = replace(deployment, results=(), heard=())
        case de.ReleaseCommitted():
            known = replace(known, boots=new)
        case _:
            return deployment
    return replace(deployment, known=known)


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(sorted({*names, name}))
