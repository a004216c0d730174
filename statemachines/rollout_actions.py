# SPDX-License-Identifier: Apache-2.0
"""The guards and actions of the roll-out machine's table."""

from msgspec.structs import replace

from statemachines import rollout_events as re
from statemachines.effects import ArmTimer, CancelTimer
from statemachines.rollout_value import Place, RolloutDraft, Server, deployment_id, window_timer


def window_open(draft: RolloutDraft) -> str:
    return "" if draft.value.plan.window.is_open(draft.at_ns) else "its hours have not come"


def window_closed(draft: RolloutDraft) -> str:
    return "" if window_open(draft) else "its hours are not over"


def limit_reached(draft: RolloutDraft) -> str:
    return "" if draft.value.limit_reached else "fewer servers failed than may"


def all_over(draft: RolloutDraft) -> str:
    return "servers are left" if draft.value.working or draft.value.waiting else ""


def none_working(draft: RolloutDraft) -> str:
    return "servers are being worked on" if draft.value.working else ""


def something_left(draft: RolloutDraft) -> str:
    left = (Place.WAITING, Place.WORKING, Place.ROLLED_BACK)
    return "" if any(each.place in left for each in draft.value.servers) else "no server is left to be tried"


def nothing_left(draft: RolloutDraft) -> str:
    return "" if something_left(draft) else "servers are left to be tried"


def await_window(draft: RolloutDraft) -> None:
    change_ns = draft.value.plan.window.changes_ns(draft.at_ns)
    draft.change(change_ns=change_ns)
    if change_ns:
        draft.effects.append(ArmTimer(name=window_timer(draft.value.id), at_ns=change_ns))


def forget_window(draft: RolloutDraft) -> None:
    if draft.value.change_ns:
        draft.change(change_ns=0)
        draft.effects.append(CancelTimer(name=window_timer(draft.value.id)))


def _begin(draft: RolloutDraft, server: Server) -> None:
    draft.effects.append(
        re.BeginDeployment(
            deployment=deployment_id(draft.value.id, server),
            server=server.target.server,
            attempt=server.attempt,
            halls=server.target.halls,
            release=draft.value.plan.release,
        )
    )


def begin_next(draft: RolloutDraft) -> None:
    chosen = {each.target.server for each in draft.value.next_servers}
    servers = tuple(
        replace(each, place=Place.WORKING, attempt=each.attempt + 1, reason="")
        if each.target.server in chosen
        else each
        for each in draft.value.servers
    )
    draft.change(servers=servers)
    for each in servers:
        if each.target.server in chosen:
            _begin(draft, each)


def begin_again(draft: RolloutDraft) -> None:
    """Whether those that were begun last really were is not known; to begin one twice does nothing."""
    for each in draft.value.working:
        _begin(draft, each)


def pause_working(draft: RolloutDraft) -> None:
    ids = (deployment_id(draft.value.id, each) for each in draft.value.working)
    draft.effects += [re.PauseDeployment(deployment=each) for each in ids]


def resume_working(draft: RolloutDraft) -> None:
    ids = (deployment_id(draft.value.id, each) for each in draft.value.working)
    draft.effects += [re.ResumeDeployment(deployment=each) for each in ids]


def abort_working(draft: RolloutDraft) -> None:
    ids = (deployment_id(draft.value.id, each) for each in draft.value.working)
    draft.effects += [re.AbortDeployment(deployment=each) for each in ids]


def excuse(draft: RolloutDraft) -> None:
    """Whoever resumes has looked: those rolled back are tried again, those that failed are left to people."""
    servers = tuple(
        replace(each, place=Place.WAITING)
        if each.place is Place.ROLLED_BACK
        else replace(each, excused=each.place is Place.FAILED)
        for each in draft.value.servers
    )
    draft.change(servers=servers, reason="")


def note_limit(draft: RolloutDraft) -> None:
    failed = draft.value.failures
    canary = next((each for each in failed if each.wave == 0), None)
    if canary is not None:
        words = f"canary {canary.target.server} did not take the release: {canary.reason}"
    else:
        words = f"{len(failed)} servers failed and {draft.value.plan.failures_allowed} may"
    draft.change(reason=words)


def _by(draft: RolloutDraft, what: str) -> str:
    actor = getattr(draft.event, "actor", "")
    return f"{what} by {actor}" if actor else ""


def note_paused(draft: RolloutDraft) -> None:
    draft.change(reason=_by(draft, "paused"))


def note_aborted(draft: RolloutDraft) -> None:
    draft.change(reason=_by(draft, "aborted"))
