# SPDX-License-Identifier: Apache-2.0
"""Releases that must not stay, sent by the real runtime: refused before the server is touched, or taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.releases.manifest import MODULE
from adapters.releases.shelf import SIGNATURE
from adapters.releases.signing import signed
from statemachines.deployment_facts import Step
from statemachines.deployment_value import DeploymentState
from statemachines.words import State
from tests.deploy.cinema import DeployCinema
from tests.deploy.reading import api_of
from tests.deploy.releases import Made, make_release, signing_key, spoilt
from tests.deploy.server import Server
from tests.deploy.variants import (
    FOREIGN,
    MUTE,
    OOPSING,
    SICK,
    SOUND,
    STILL,
    UNLOCKED,
    for_another_build,
    for_another_kernel,
    vermagic,
)
from tests.support.told_reasons import AFTER, BEFORE

pytestmark = pytest.mark.timeout(600)

BOOTH = "booth1"


@pytest.fixture
def site(server_factory: Callable[..., Server], tmp_path: Path) -> Iterator[DeployCinema]:
    with DeployCinema(tmp_path / "site", {BOOTH: (server_factory(halls=("h1",)), ("h1",))}) as made:
        made.start()
        yield made


class Sent:
    """A release on its way to the one server, and what comes of it."""

    def __init__(self, site: DeployCinema, release: Made) -> None:
        self.site, self.server, self.release = site, site.servers[BOOTH], release
        self.before = self.after = self.server.found()
        self.rollout = site.begin(release, BOOTH)

    def until_ordered(self, step: Step) -> None:
        self.site.until(f"{step} is on its way", lambda: step in self.ordered())

    def ordered(self) -> list[str]:
        """Return the steps that were ordered so far."""
        return [str(effect["do"]) for row in self.site.steps(self.rollout, BOOTH) for effect in row.effects]

    def reason(self, hall: State = State.IDLE) -> str:
        """Return why it was not taken; the server has what it had, and its hall is free, in that state."""
        done = self.site.until_over(self.rollout, BOOTH)
        assert done.state is DeploymentState.ROLLED_BACK, f"{done.state}: {done.reason}; {done.rollback_reason}"
        self.after = self.server.found()
        assert (self.after.loaded, self.after.boots) == (self.before.boots, self.before.boots)
        self.site.until("the hall is let go", lambda: self.site.hall("h1").holds == ())
        assert self.site.hall("h1").state is hall
        return done.reason

    @property
    def deployment(self) -> str:
        return f"{self.rollout}.{BOOTH}.1"

    def untouched(self) -> bool:
        """Tell whether nothing of it reached the server."""
        return Step.STAGE not in self.ordered() and self.after.epochs == self.before.epochs


@pytest.fixture
def make(site: DeployCinema, modules: dict[str, Path], tmp_path: Path) -> Callable[..., Made]:
    """Give `make(variant, name)`: a release on the shelf."""

    def made(variant: str, name: str = "", module: Path | None = None) -> Made:
        release = make_release(tmp_path / "made", name or f"reelctl-{variant}", module or modules[variant])
        site.add(release)
        return release

    return made


def on_shelf(site: DeployCinema, release: Made, file: str) -> Path:
    return site.state / "releases" / release.sha / file


def readable(site: DeployCinema, told: list[tuple[Sent, str]]) -> None:
    """Whoever looks reads the reason of each deployment: on the terminal, and by the API that the board shows.

    With it the server's kernel log from before anything was touched, and from when it had its old module again.
    """
    answers = api_of(site.state, [sent.deployment for sent, _ in told])
    for sent, reason in told:
        answer, said = answers[sent.deployment], squeezed(site.deploy("status", sent.deployment, "--log"))
        assert reason in answer["reason"]
        assert squeezed(reason) in said
        logs = [log["text"] for log in answer["kernel_logs"]]
        for log, found in ((logs[0], sent.before), (logs[-1], sent.after)):
            assert found.epochs
            for epoch in found.epochs:
                words = f"is here, epoch {epoch}"
                assert words in log
                assert squeezed(words) in said


def squeezed(text: str) -> str:
    """Return a text without spaces and frames, as lines are broken anywhere."""
    return "".join(text.replace("│", "").split())


def test_what_never_reaches_the_server(
    site: DeployCinema, make: Callable[..., Made], modules: dict[str, Path], tmp_path: Path
) -> None:
    server, told = site.servers[BOOTH], list[tuple[Sent, str]]()

    def kept_out(release: Made, words: str) -> None:
        sent = Sent(site, release)
        assert words in sent.reason()
        assert sent.untouched()
        told.append((sent, words))

    other = tmp_path / "other.ko"
    for_another_kernel(modules[SOUND], server.bench.kernel, other)
    kept_out(make("other", module=other), BEFORE["for another kernel"])
    twin = tmp_path / "twin.ko"
    for_another_build(modules[SOUND], twin)
    kept_out(make("twin", module=twin), f"the server's kernel asks for '{vermagic(modules[SOUND])}'")

    tampered = make(SOUND, "tampered")
    spoilt(on_shelf(site, tampered, MODULE))
    kept_out(tampered, BEFORE["tampered with"])

    unsigned = make(SOUND, "unsigned")
    on_shelf(site, unsigned, SIGNATURE).unlink()
    kept_out(unsigned, BEFORE["unsigned"])

    strange = make(SOUND, "strange")
    on_shelf(site, strange, SIGNATURE).write_bytes(signed(strange.manifest, signing_key("nobody")))
    kept_out(strange, BEFORE["signed by a stranger"])

    server.sh("dd if=/dev/zero of=/var/filling bs=1M 2>/dev/null; true")
    kept_out(make(SOUND, "good"), BEFORE["no space"])
    server.sh("rm /var/filling")
    readable(site, told)

    unknown = make_release(tmp_path / "made", "unknown", modules[SOUND], key=signing_key("nobody"))
    refused = site.ask("deploy", "add", unknown.directory, "--state", site.state)
    assert refused.returncode == 1
    assert BEFORE["signed by a stranger"] in refused.stderr


def test_what_is_taken_back(site: DeployCinema, make: Callable[..., Made]) -> None:
    server, told = site.servers[BOOTH], list[tuple[Sent, str]]()
    for variant in (MUTE, FOREIGN, SICK, UNLOCKED, STILL):
        sent, words = Sent(site, make(variant)), AFTER[variant]
        assert words in sent.reason()
        told.append((sent, words))

    sent = Sent(site, make(OOPSING))
    sent.until_ordered(Step.LOAD)
    server.comes_back(complained=True, limit_s=120)
    assert sent.reason() == AFTER[OOPSING]
    told.append((sent, AFTER[OOPSING]))

    sent = Sent(site, make(SOUND))
    sent.until_ordered(Step.UNLOAD)
    server.sim("h1", "thread", "35 100")
    assert AFTER["film"] in sent.reason(State.THREADING), "who threaded it can go on"
    told.append((sent, AFTER["film"]))
    readable(site, told)
