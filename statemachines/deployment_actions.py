# SPDX-License-Identifier: Apache-2.0
"""Actions of a deployment's edges. Each changes the draft only."""

from statemachines import deployment_effects as fx
from statemachines.deployment_events import HallSeen
from statemachines.deployment_facts import Check, Step
from statemachines.deployment_value import DeploymentDraft, Limit, timer_name
from statemachines.deployment_words import why
from statemachines.effects import ArmTimer, CancelTimer, RaiseAlarm, ReturnAlarm

ALARM = "deployment_failed"


def _arm(draft: DeploymentDraft, name: str, after_ns: int) -> None:
    limit = Limit(name=name, at_ns=draft.at_ns + after_ns)
    others = tuple(each for each in draft.value.limits if each.name != name)
    draft.change(limits=(*others, limit))
    draft.effects.append(ArmTimer(name=timer_name(draft.value.id, name), at_ns=limit.at_ns))


def _disarm(draft: DeploymentDraft) -> None:
    draft.effects += [CancelTimer(name=timer_name(draft.value.id, limit.name)) for limit in draft.value.limits]
    draft.change(limits=())


def _begin(draft: DeploymentDraft, step: Step, within_ns: int = 0) -> tuple[str, str, int]:
    """Note that `step` is on its way, and return what every server step says: deployment, server, number."""
    _disarm(draft)
    draft.change(doing=step, number=draft.value.number + 1)
    _arm(draft, "step", within_ns or draft.value.order.limits.step_ns)
    return draft.value.id, draft.value.order.server, draft.value.number


# The halls.


def _hold(draft: DeploymentDraft) -> None:
    value = draft.value
    reason = f"module {value.order.release.id} is being deployed to server {value.order.server}"
    draft.change(holding=True)
    draft.effects.append(fx.HoldHalls(deployment=value.id, halls=value.order.halls, reason=reason))


def release_halls(draft: DeploymentDraft) -> None:
    draft.change(holding=False)
    draft.effects.append(fx.ReleaseHalls(deployment=draft.value.id, halls=draft.value.order.halls))


def settle_halls(draft: DeploymentDraft) -> None:
    """All of them or none: hold when every one is free, let go when one of them is not."""
    value = draft.value
    taken = any(not sight.at_rest or sight.holder not in ("", value.id) for sight in value.sights)
    if value.holding and taken:
        release_halls(draft)
    elif not (value.holding or taken or value.paused) and value.halls_seen:
        _hold(draft)


def _seen_holder(draft: DeploymentDraft) -> str:
    return draft.event.sight.holder if isinstance(draft.event, HallSeen) else ""


def keep_halls(draft: DeploymentDraft) -> None:
    if _seen_holder(draft) != draft.value.id:
        _hold(draft)


def hold_again(draft: DeploymentDraft) -> None:
    if draft.value.holding:
        _hold(draft)


def let_go_again(draft: DeploymentDraft) -> None:
    if _seen_holder(draft) == draft.value.id:
        release_halls(draft)


def wait(draft: DeploymentDraft) -> None:
    _disarm(draft)
    draft.change(doing=None)


def pause(draft: DeploymentDraft) -> None:
    draft.change(paused=True)
    if draft.value.holding:
        release_halls(draft)


def unpause(draft: DeploymentDraft) -> None:
    draft.change(paused=False)


# The steps of the server.


def inspect(draft: DeploymentDraft) -> None:
    deployment, server, number = _begin(draft, Step.INSPECT)
    release = draft.value.order.release
    draft.effects.append(fx.Inspect(deployment=deployment, server=server, number=number, release=release))


def note_previous(draft: DeploymentDraft) -> None:
    """What the server starts with now is what it can go back to. Only while it is untouched."""
    known = draft.value.known
    draft.change(previous=known.boots if known else "")


def stage(draft: DeploymentDraft) -> None:
    deployment, server, number = _begin(draft, Step.STAGE, draft.value.order.limits.stage_ns)
    release = draft.value.order.release
    draft.effects.append(fx.Stage(deployment=deployment, server=server, number=number, release=release))


def install(draft: DeploymentDraft) -> None:
    deployment, server, number = _begin(draft, Step.INSTALL)
    release = draft.value.order.release
    draft.effects.append(fx.Install(deployment=deployment, server=server, number=number, release=release))


def replace_module(draft: DeploymentDraft) -> None:
    """Unload what runs, then load. With film in a path nothing is unloaded: it waits for the halls."""
    known = draft.value.known
    if known is None or not known.loaded:
        load(draft)
    elif draft.value.halls_kept:
        deployment, server, number = _begin(draft, Step.UNLOAD)
        draft.change(touched=True)
        draft.effects.append(fx.Unload(deployment=deployment, server=server, number=number, sha256=known.loaded))
    else:
        _disarm(draft)


def load(draft: DeploymentDraft) -> None:
    """With no module loaded nothing can tell of film any more, so this waits for nobody."""
    known = draft.value.known
    deployment, server, number = _begin(draft, Step.LOAD)
    draft.change(touched=True, load_boot=known.boot_id if known else "")
    release = draft.value.order.release
    draft.effects.append(fx.Load(deployment=deployment, server=server, number=number, release=release))


def _probe(draft: DeploymentDraft, checks: tuple[Check, ...]) -> None:
    limits, known = draft.value.order.limits, draft.value.known
    deployment, server, number = _begin(draft, Step.PROBE, limits.probe_ns)
    draft.change(results=(), heard=())
    _arm(draft, "heartbeat", limits.heartbeat_ns)
    epochs = known.epochs if known else ()
    probe = fx.Probe(deployment=deployment, server=server, number=number, checks=checks, epochs=epochs)
    draft.effects.append(probe)


def probe_new(draft: DeploymentDraft) -> None:
    _probe(draft, tuple(Check))


def probe_old(draft: DeploymentDraft) -> None:
    """The previous module needs to be heard; what else it can do was never asked."""
    _probe(draft, ())


def commit(draft: DeploymentDraft) -> None:
    deployment, server, number = _begin(draft, Step.COMMIT)
    release = draft.value.order.release
    draft.effects.append(fx.Commit(deployment=deployment, server=server, number=number, release=release))


def bring_back(draft: DeploymentDraft) -> None:
    """Bring the previous module back. What runs is unloaded only with no film in a path."""
    value, known = draft.value, draft.value.known
    unloads = known is not None and known.loaded not in ("", value.previous)
    if unloads and not value.halls_kept:
        _disarm(draft)
        return
    deployment, server, number = _begin(draft, Step.ROLLBACK)
    draft.effects.append(fx.Rollback(deployment=deployment, server=server, number=number, to=value.previous))


def try_again(draft: DeploymentDraft) -> None:
    """A step was lost: inspect after a while, ever longer."""
    value, limits = draft.value, draft.value.order.limits
    delay_ns = min(limits.retry_cap_ns, limits.retry_base_ns << min(value.attempts, 30))
    _disarm(draft)
    draft.change(doing=None, attempts=value.attempts + 1)
    _arm(draft, "retry", delay_ns)


def progress(draft: DeploymentDraft) -> None:
    draft.change(attempts=0, trouble="")


# Ways out.


def note_reason(draft: DeploymentDraft) -> None:
    """The first reason is kept: what comes later follows from it."""
    if not draft.value.reason:
        draft.change(reason=why(draft))


def note_rollback_reason(draft: DeploymentDraft) -> None:
    draft.change(rollback_reason=why(draft))


def note_there_already(draft: DeploymentDraft) -> None:
    draft.change(reason="the server had it already, nothing was done")


def end(draft: DeploymentDraft) -> None:
    _disarm(draft)
    draft.change(doing=None, attempts=0, trouble="")
    release_halls(draft)


def end_failed(draft: DeploymentDraft) -> None:
    _disarm(draft)
    value = draft.value
    draft.change(doing=None)
    words = f"server {value.order.server}: {value.reason}; and bringing back its module: {value.rollback_reason}"
    draft.effects.append(RaiseAlarm(name=ALARM, words=words))


def let_go(draft: DeploymentDraft) -> None:
    """A person answers for the server from here on: this deployment is over."""
    _disarm(draft)
    release_halls(draft)
    draft.effects.append(ReturnAlarm(name=ALARM))


def begin_again(draft: DeploymentDraft) -> None:
    draft.change(rollback_reason="")
    draft.effects.append(ReturnAlarm(name=ALARM))
