# SPDX-License-Identifier: Apache-2.0
"""Guards of a deployment's edges. Each passes with an empty string or refuses in words."""

from statemachines import deployment_events as de
from statemachines.deployment_facts import Step, unfit
from statemachines.deployment_value import DeploymentDraft
from statemachines.events import TimerDue


def not_paused(draft: DeploymentDraft) -> str:
    return "it is paused already" if draft.value.paused else ""


def is_paused(draft: DeploymentDraft) -> str:
    return "" if draft.value.paused else "it is not paused"


def halls_kept(draft: DeploymentDraft) -> str:
    return "" if draft.value.holding and draft.value.halls_kept else "a hall is not idle, has film, or is not held"


def hall_taken(draft: DeploymentDraft) -> str:
    taken = any(not sight.at_rest or sight.holder not in ("", draft.value.id) for sight in draft.value.sights)
    return "" if taken else "every hall is at rest"


def is_holding(draft: DeploymentDraft) -> str:
    value = draft.value
    return "" if value.holding else f"its halls were let go: plan another roll-out for server {value.order.server}"


def is_stuck(draft: DeploymentDraft) -> str:
    return "" if draft.value.waits_for_halls else "the previous module is being brought back: let that end"


def waits_for_halls(draft: DeploymentDraft) -> str:
    return "" if draft.value.waits_for_halls else "it does not wait for its halls"


def faults_found(draft: DeploymentDraft) -> tuple[str, ...]:
    """Return what speaks against going on, by the inspection that has just been read."""
    event, value = draft.event, draft.value
    if not isinstance(event, de.ServerInspected):
        return ()
    return (*event.artefact, *unfit(value.order, event.found, untouched=not value.touched))


def unfit_found(draft: DeploymentDraft) -> str:
    return "" if faults_found(draft) else "the release fits the server"


def there_already(draft: DeploymentDraft) -> str:
    return "" if draft.value.new_runs and draft.value.new_boots else "the server has another module"


def staged_there(draft: DeploymentDraft) -> str:
    known = draft.value.known
    there = known is not None and draft.value.order.release.sha256 in known.staged
    return "" if there else "the release is not on the server yet"


def installed_there(draft: DeploymentDraft) -> str:
    """Both the new module and the one to go back to can be loaded."""
    known, value = draft.value.known, draft.value
    needed = {value.order.release.sha256, value.previous} - {""}
    return "" if known is not None and needed <= set(known.installed) else "the release is not installed yet"


def new_runs(draft: DeploymentDraft) -> str:
    return "" if draft.value.new_runs else "the new module does not run"


def new_not_running(draft: DeploymentDraft) -> str:
    return "the new module runs" if draft.value.new_runs else ""


def new_boots(draft: DeploymentDraft) -> str:
    return "" if draft.value.new_boots else "the server does not start with the new module yet"


def restarted(draft: DeploymentDraft) -> str:
    """The server began another run after the new module was loaded, and does not start with it."""
    value = draft.value
    known = value.known
    again = known is not None and value.load_boot not in ("", known.boot_id) and not value.new_boots
    return "" if again else "the server runs on since the new module was loaded"


def proven(draft: DeploymentDraft) -> str:
    return "" if draft.value.proven else "not every check is answered yet"


def check_failed(draft: DeploymentDraft) -> str:
    return "" if any(not each.passed for each in draft.value.results) else "no check has failed"


def is_unheard(draft: DeploymentDraft) -> str:
    return "every device was heard" if draft.value.all_heard else ""


def is_heard(draft: DeploymentDraft) -> str:
    return "" if draft.value.all_heard else "not every device was heard yet"


def probe_overdue(draft: DeploymentDraft) -> str:
    due = isinstance(draft.event, TimerDue) and draft.value.doing is Step.PROBE
    return "" if due else "no probe is on its way"


def old_runs(draft: DeploymentDraft) -> str:
    return "" if draft.value.old_runs else "the previous module does not run"


def nothing_before(draft: DeploymentDraft) -> str:
    return "there is a module to be heard" if draft.value.previous else ""


def tried_enough(draft: DeploymentDraft) -> str:
    value = draft.value
    return "" if value.attempts + 1 >= value.order.limits.tries else "it is tried again"
