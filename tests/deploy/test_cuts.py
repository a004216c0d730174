# SPDX-License-Identifier: Apache-2.0
"""Deployments to a server with a real kernel are cut in the middle of each step: what comes of that very cut.

Each ends with the old module, sound, or with the new.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from statemachines.deployment_facts import Step
from statemachines.deployment_value import Deployment, DeploymentState
from statemachines.history import state_in
from statemachines.record import Record
from statemachines.words import Role, State
from tests.deploy.cinema import DeployCinema
from tests.deploy.holds import Holds
from tests.deploy.releases import Made, make_release
from tests.deploy.server import Server
from tests.deploy.variants import NEXT, SICK, SOUND
from tests.faults.nemesis.deeds import Deeds
from tests.faults.nemesis.proxy import Proxy

pytestmark = pytest.mark.timeout(900)

BOOTH = "booth1"
NEW, OLD = "the new one, sound", "the old one, sound"
UNTOUCHED = (Step.INSPECT, Step.STAGE, Step.INSTALL)
"""Cut in one of these the server is as it was before; so its deployment goes on, and is cut once more."""


class Rig:
    """A cinema with one server behind a way that can be cut, a sick release and two sound ones, of which one is new."""

    def __init__(self, site: DeployCinema, way: Proxy, sound: tuple[Made, Made], sick: Made) -> None:
        self.site, self.way, self.server = site, way, site.servers[BOOTH]
        self.sound, self.sick = sound, sick
        self.holds = Holds(self.server)
        self.has = self.server.found().boots
        for release in (*sound, sick):
            site.add(release)

    def cut_in(self, steps: tuple[Step, ...], cut: "Cut") -> list[dict[str, str]]:
        """Begin a deployment and cut it in each of these steps; return for each what came of it, the end for the last.

        A step that is cut is ordered and not answered, and half of it is done.
        """
        new = self.sick if Step.ROLLBACK in steps else next(each for each in self.sound if each.sha != self.has)
        names = {self.has: "old", new.sha: "new", "": "nothing"}
        rows = []
        self.holds.set(steps[0])
        rollout = self.site.begin(new, BOOTH)
        for step, later in zip(steps, (*steps[1:], None), strict=True):
            self.holds.until_reached()
            at = self.site.deployment(rollout, BOOTH)
            assert at is not None
            assert at.doing is step
            last = self.site.steps(rollout, BOOTH)[-1].pos
            cut(self, rollout, partial(self.holds.set, later) if later else self.holds.let_go)
            seen = self.site.until("the server is asked what it has", partial(self.asked, rollout, last))
            assert seen is not None
            found = (str(seen.payload["found"].get(key, "")) for key in ("loaded", "boots"))
            runs, boots = (names.get(each, each) for each in found)
            if step in UNTOUCHED:
                assert (runs, boots) == ("old", "old")
            rows.append(
                {
                    "while": step,
                    "state": at.state,
                    "found then": f"runs {runs}, starts with {boots}",
                    "state then": state_in(seen.after),
                    "at last the server has": "it is cut again",
                    "why": "",
                }
            )
        done = self.site.until_over(rollout, BOOTH)
        rows[-1] |= {"at last the server has": self.judged(done, new), "why": done.reason}
        return rows

    def asked(self, rollout: str, last: int) -> Record | None:
        """Return the first inspection after a row."""
        rows = self.site.steps(rollout, BOOTH)
        return next((row for row in rows if row.pos > last and row.kind == "server_inspected"), None)

    def judged(self, done: Deployment, new: Made) -> str:
        """Tell what the server has: it runs and boots one and the same, is heard, and its hall is let go."""
        found = self.server.found()
        assert found.loaded == found.boots
        assert len(found.epochs) == len(Role)
        ends = {self.has: (DeploymentState.ROLLED_BACK, OLD), new.sha: (DeploymentState.COMMITTED, NEW)}
        state, words = ends[found.loaded]
        assert done.state is state, f"{done.state}: {done.reason}"
        self.has = found.boots
        site = self.site
        site.until("the hall is let go", lambda: site.hall("h1").holds == ())
        assert site.hall("h1").state is State.IDLE
        for role in Role:
            epoch = self.server.device("h1", role).epoch
            site.until("what runs is heard", partial(self.hears, role, epoch))
        return words

    def hears(self, role: Role, epoch: int) -> bool:
        return self.site.hall("h1").device(role).epoch == epoch


def runtime_killed(rig: Rig, _rollout: str, go_on: Callable[[], None]) -> None:
    """What the step was about to do is done with nobody there to hear of it."""
    rig.site.kill()
    go_on()
    rig.site.launch()


def link_cut(rig: Rig, rollout: str, go_on: Callable[[], None]) -> None:
    """All connections to the server are reset; it is away until that was noticed, and the step goes on meanwhile."""
    last = rig.site.steps(rollout, BOOTH)[-1].pos

    def noticed() -> bool:
        return any(row.pos > last and row.kind == "connection_lost" for row in rig.site.steps(rollout, BOOTH))

    with rig.way.cut():
        rig.site.until("the cut is noticed", noticed)
        go_on()


def power_cut(rig: Rig, _rollout: str, go_on: Callable[[], None]) -> None:
    """What the step was about to do is never done. Nothing answers for a machine that is off."""
    with rig.way.cut():
        rig.server.power_cut()
        rig.server.comes_back()
        go_on()


Cut = Callable[[Rig, str, Callable[[], None]], None]
RUNS = (
    ((Step.INSPECT, Step.UNLOAD), (Step.STAGE, Step.LOAD), (Step.INSTALL, Step.ROLLBACK)),
    ((Step.PROBE,), (Step.COMMIT,)),
)
"""Deployments by the steps in which they are cut, for one guest and for another."""
CUTS: tuple[tuple[str, Cut, tuple[Step, ...]], ...] = (
    ("the power is cut", power_cut, (Step.LOAD, Step.PROBE, Step.ROLLBACK)),
    ("the runtime is killed", runtime_killed, (Step.ROLLBACK,)),
    ("the link is cut", link_cut, (Step.ROLLBACK,)),
)
"""With the steps in which a cut leads back to the old module: a restart that brings it back ends the deployment.

Half a commit brings the new one, which was proven.
"""


@pytest.mark.parametrize("runs", RUNS, ids=("before", "since"))
@pytest.mark.parametrize(("words", "cut", "back"), CUTS, ids=("power", "runtime", "link"))
def test_cut_in_every_step(  # noqa: PLR0917  # fixtures
    words: str,
    cut: Cut,
    back: tuple[Step, ...],
    runs: tuple[tuple[Step, ...], ...],
    server_factory: Callable[..., Server],
    modules: dict[str, Path],
    tmp_path: Path,
    measured: Callable[..., None],
) -> None:
    server = server_factory(halls=("h1",))
    two, three, sick = (
        make_release(tmp_path / "made", f"reelctl-{name}", modules[name]) for name in (SOUND, NEXT, SICK)
    )
    with (
        Proxy(Deeds(), BOOTH, (server.host, server.port)) as way,
        DeployCinema(tmp_path, {BOOTH: (server, ("h1",))}, ports={BOOTH: way.port}) as site,
    ):
        site.start()
        rig = Rig(site, way, (two, three), sick)
        for steps in runs:
            rows = rig.cut_in(steps, cut)
            for row in rows:
                measured("Deployments that were cut", {"what is cut": words, **row})
            assert rows[-1]["at last the server has"] == (OLD if steps[-1] in back else NEW)
