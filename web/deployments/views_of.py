# SPDX-License-Identifier: Apache-2.0
"""Tables, values and rows turned into what the API says of releases and roll-outs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from adapters.releases.manifest import parsed
from adapters.releases.shelf import Shelf
from adapters.store.models import ReleaseEntry, RolloutEntry
from adapters.store.rollouts import halls_served, plan_of
from adapters.store.rollouts_now import DryRun, Standing, deployments_of, rollouts_now
from adapters.store.rollouts_now import rollout_of as rollout_in
from adapters.store.site import opened_state
from statemachines import deployment_words, rollout
from statemachines.deployment_told import asked_next, kernel_logs, row_words
from statemachines.deployment_value import Deployment
from statemachines.history import state_in
from statemachines.record import Record
from statemachines.rollout_outlook import Choice, deployment_choices, progress, rollout_choices
from statemachines.rollout_value import Place, Plan, Rollout, Server, Target, Window
from web.api.shapes.deployment import (
    CheckView,
    ChoiceView,
    DeploymentLine,
    DeploymentView,
    ForecastLine,
    ForecastView,
    KernelLogView,
    ReleaseDetail,
    ReleaseFileView,
    ReleaseView,
    RolloutLine,
    RolloutServer,
    RolloutStage,
    RolloutView,
    StepView,
    WindowShape,
)
from web.schedule.refusals import sentence
from web.sight.speech import Speech, ms, ms_or_none

_SAME = "sha256 kernel vermagic abi_min abi_max kernel_signed needs size built_by commit notes signer made_by"
_PLANNED = "Planned, and not begun."
_ANY_HOUR = "at any hour"


# Releases.


def release_view(entry: ReleaseEntry) -> ReleaseView:
    """Return a release as the API says it; the signature itself is nobody's business."""
    return ReleaseView(**_facts(entry))


def release_detail(entry: ReleaseEntry) -> ReleaseDetail:
    """Return a release with its files, and what is wrong with it on the shelf: all of it is read for that."""
    wrong = [sentence(words) for words in Shelf(opened_state()).check(entry.sha256)]
    files = [
        ReleaseFileView(name=each.name, sha256=each.sha256, size=each.size)
        for each in parsed(entry.manifest.encode()).files
    ]
    return ReleaseDetail(**_facts(entry), files=files, wrong=wrong)


def _facts(entry: ReleaseEntry) -> dict[str, Any]:
    same = (
        "sha256 kernel vermagic abi_min abi_max kernel_signed needs size built_by commit notes signer made_by".split()
    )
    told = {name: getattr(entry, name) for name in same}
    return told | {
        "id": entry.name,
        "made_ms": ms(entry.made_ns),
        "withdrawn_ms": ms_or_none(entry.withdrawn_ns),
    }


# Roll-outs.


def rollout_lines(entries: Sequence[RolloutEntry], speech: Speech) -> list[RolloutLine]:
    """Return roll-outs in short (one query)."""
    known = rollouts_now([entry.id for entry in entries])
    return [RolloutLine(**_in_short(entry, known.get(entry.id), speech)) for entry in entries]


def rollout_view(entry: RolloutEntry, speech: Speech, now_ns: int) -> RolloutView:
    """Return a roll-out, whole (two or three queries)."""
    value = rollouts_now([entry.id]).get(entry.id)
    deployments = deployments_of(value) if value is not None else {}
    plan = plan_of(entry)
    servers = value.servers if value is not None else _planned(entry)
    return RolloutView(
        **_in_short(entry, value, speech),
        canaries=entry.canaries,
        batch=entry.batch,
        failures_allowed=entry.failures_allowed,
        window=WindowShape(**entry.window),
        hours=hours(plan.window),
        reason=speech.say(value.reason, value.at_ns) if value is not None else "",
        servers=[_server(each, deployments, speech) for each in servers],
        can=_choices(rollout_choices(value, now_ns), speech, now_ns),
    )


def hours(window: Window) -> str:
    """Return in words when servers are begun."""
    if window.always:
        return _ANY_HOUR
    opens, closes = (f"{each // 60:02}:{each % 60:02}" for each in (window.opens_min, window.closes_min))
    return f"{opens} to {closes}"


def _in_short(entry: RolloutEntry, value: Rollout | None, speech: Speech) -> dict[str, Any]:
    counts = Counter(each.place for each in value.servers) if value is not None else {Place.WAITING: len(entry.servers)}
    return {
        "id": entry.id,
        "release": entry.release.name,
        "sha256": entry.release_id,
        "state": RolloutStage.PLANNED if value is None else RolloutStage(value.state),
        "words": _PLANNED if value is None else speech.say(rollout.label(value), value.at_ns),
        "counts": dict(counts),
        "made_by": entry.made_by,
        "made_ms": ms(entry.made_ns),
    }


def _planned(entry: RolloutEntry) -> tuple[Server, ...]:
    """Return the servers of a roll-out that was not begun, with the halls that they serve now."""
    told, served = plan_of(entry), halls_served()
    targets = tuple(Target(server=each, halls=served.get(each, ())) for each in told.servers)
    plan = Plan(release=told.release, targets=targets, canaries=told.canaries, batch=told.batch)
    return tuple(Server(target=each, wave=plan.wave_of(index)) for index, each in enumerate(targets))


def _server(server: Server, deployments: Mapping[str, Deployment], speech: Speech) -> RolloutServer:
    value = deployments.get(server.target.server)
    return RolloutServer(
        server=server.target.server,
        halls=list(server.target.halls),
        wave=server.wave,
        place=server.place,
        attempt=server.attempt,
        reason=speech.say(server.reason, value.at_ns if value is not None else 0),
        excused=server.excused,
        deployment=DeploymentLine(**_line(value, speech)) if value is not None else None,
    )


def forecast_view(rollout_id: str, found: DryRun, speech: Speech) -> ForecastView:
    """Return a dry run as the API says it."""
    return ForecastView(
        rollout=rollout_id,
        at_ms=ms(found.at_ns),
        request=UUID(found.request) if found.request else None,
        servers=[
            ForecastLine(
                server=each.server, wave=each.wave, does=each.does, words=sentence(speech.say(each.words, found.at_ns))
            )
            for each in found.servers
        ],
    )


# Deployments.


def deployment_view(standing: Standing, rows: Sequence[Record], speech: Speech, now_ns: int) -> DeploymentView:
    """Return a deployment, whole, of its value and rows."""
    value = standing.deployment
    known = value.known is not None and bool(value.previous)
    return DeploymentView(
        **_line(value, speech),
        rollout=rollout_in(value.id),
        server=value.order.server,
        halls=list(value.order.halls),
        release=value.order.release.id,
        sha256=value.order.release.sha256,
        previous=value.previous if known else "",
        reason=speech.say(value.reason, value.at_ns),
        rollback_reason=speech.say(value.rollback_reason, value.at_ns),
        holding=value.holding,
        attempts=value.attempts,
        results=[CheckView(check=each.check, passed=each.passed, words=each.words) for each in value.results],
        steps=[_step(row, speech) for row in rows],
        kernel_logs=[
            KernelLogView(
                log_seq=each.log_seq, at_ms=ms(each.at_ns), words=speech.say(each.words, each.at_ns), text=each.text
            )
            for each in kernel_logs(rows)
        ],
        can=_choices(deployment_choices(value, now_ns), speech, now_ns),
    )


def _line(value: Deployment, speech: Speech) -> dict[str, Any]:
    return {
        "id": value.id,
        "state": value.state,
        "words": speech.say(deployment_words.label(value), value.at_ns),
        "progress": progress(value),
        "doing": value.doing,
        "paused": value.paused,
        "since_ms": ms(value.since_ns),
        "at_ms": ms(value.at_ns),
    }


def _step(row: Record, speech: Speech) -> StepView:
    return StepView(
        log_seq=row.log_seq,
        at_ms=ms(row.at_ns),
        words=speech.say(row_words(row), row.at_ns),
        verdict=row.verdict,
        before=state_in(row.before),
        after=state_in(row.after),
        asked=list(asked_next(row)),
    )


def _choices(choices: Iterable[Choice], speech: Speech, at_ns: int) -> list[ChoiceView]:
    return [
        ChoiceView(verb=each.verb, can=each.can, reason=sentence(speech.say(each.reason, at_ns)) if each.reason else "")
        for each in choices
    ]
