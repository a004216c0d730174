# SPDX-License-Identifier: Apache-2.0
"""A dry run: what a roll-out would do to which server now, and why not to others. It asks nobody anything."""

from collections.abc import Mapping

from statemachines.deployment_facts import Findings, HallSight, Order, unfit
from statemachines.deployment_value import Deployment
from statemachines.deployment_words import waiting
from statemachines.rollout_value import Plan
from statemachines.say import moment
from statemachines.values import Value


class Known(Value, frozen=True, kw_only=True):
    """What is known of a server: an inspection, or why there is none (`trouble`), and its halls."""

    found: Findings | None = None
    trouble: str = ""
    sights: tuple[HallSight, ...] = ()


class Forecast(Value, frozen=True, kw_only=True):
    """Whether a server would get the release; `words` say from what to what, what it waits for, or why not."""

    server: str
    wave: int
    does: bool
    words: str


def forecast(
    plan: Plan, known: Mapping[str, Known], *, at_ns: int, artefact: tuple[str, ...] = ()
) -> tuple[Forecast, ...]:
    """Return what would become of each server; `artefact` says what is wrong with the release's file itself."""
    nothing = Known(trouble="it was never inspected")
    later = "" if plan.window.is_open(at_ns) else f", not before {moment(plan.window.changes_ns(at_ns))}"
    told = []
    for index, target in enumerate(plan.targets):
        order = Order(server=target.server, halls=target.halls, release=plan.release)
        about = known.get(target.server, nothing)
        why_not = _why_not(order, about, artefact)
        words = why_not or f"{_what(order, about)}{later}{_when(order, about)}"
        told.append(Forecast(server=target.server, wave=plan.wave_of(index), does=not why_not, words=words))
    return tuple(told)


def _why_not(order: Order, about: Known, artefact: tuple[str, ...]) -> str:
    found = about.found
    if found is None:
        return f"nothing is known of it: {about.trouble}"
    if found.loaded == found.boots == order.release.sha256:
        return "it has the release already"
    return "; ".join((*artefact, *unfit(order, found)))


def _what(order: Order, about: Known) -> str:
    before = about.found.boots if about.found else ""
    return f"from {before[:12] or 'no module'} to {order.release.sha256[:12]} ({order.release.id})"


def _when(order: Order, about: Known) -> str:
    waits = waiting(Deployment(id="", order=order, sights=about.sights))
    return f", when its halls are free: {waits}" if waits else ""
