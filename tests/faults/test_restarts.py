# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the runtime at any instant, and between any two parts of a step: the next one takes the show over."""

import os
import signal
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.faults.campaign import Campaign
from tests.faults.crashing import BOUNDARIES
from tests.faults.restarting import ADOPTED_S, Adoption, Restless

pytestmark = pytest.mark.timeout(3600)

START_UP_S = 1.5
SHOW_S = 3.0
"""An instant in this span after the adoption lies in one part or another of a show."""
CRASH_LIMIT_S = 30.0
COMMANDS = ("motor run", "dowser open", "sound play", "lights down", "motor rewind")


def judged(site: Restless) -> None:
    """All books agree over all restarts; so do the command line's own judges."""
    assert site.end() == 0
    site.copy_books()
    found = [*site.wrongs()]
    assert not found, "\n".join(found[:30])
    verified = site.ask("log", "verify", "--state", site.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    replayed = site.ask("replay", site.state)
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


def alive(adoption: Adoption | None) -> Adoption:
    assert adoption is not None, "the runtime ended by itself"
    return adoption


def times(adopted: list[Adoption]) -> dict[str, float]:
    """Judge how long adoptions took, as on a machine that is not busy with others; return what is worth recording.

    Where more runs than there are cores, waiting for a core is taken off, and the rest may be as much slower.
    """
    whole, own = [each.after_s for each in adopted], [each.after_s - each.queued_s for each in adopted]
    slowness = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert max(own) < ADOPTED_S * slowness, own
    assert min(own) < ADOPTED_S, own
    return {
        "adopted after median s": median(whole),
        "adopted after longest s": max(whole),
        "without waiting for a core median s": median(own),
        "without waiting for a core longest s": max(own),
    }


def test_killed_at_random_instants(tmp_path: Path, campaign: Campaign) -> None:
    kills, adopted, unborn = campaign.of(200), [], 0
    print(f"SEED={campaign.seed}")
    with Restless(tmp_path) as site:
        for run in range(kills):
            chance = campaign.random(run)
            if chance.random() < 0.2:
                site.launch()
                time.sleep(chance.uniform(0, START_UP_S))
                unborn += 1
            else:
                adopted.append(alive(site.adopt()))
                time.sleep(chance.uniform(0, SHOW_S))
            site.kill()
            site.copy_books()
        adopted.append(alive(site.adopt()))
        judged(site)
        campaign.record(
            "kill -9 at random instants of shows (two halls, shows of two seconds)",
            [
                {
                    "kills": kills,
                    "during start-up": unborn,
                    **times(adopted),
                    **site.counts,
                }
            ],
            "Adopted: the process is started, reads its log, opens its sessions, reads the hardware, agrees with it.",
        )


def test_killed_at_every_boundary_of_a_step(tmp_path: Path, campaign: Campaign) -> None:
    chance, adopted, rows = campaign.random(), [], []
    print(f"SEED={campaign.seed}")
    with Restless(tmp_path) as site:
        for boundary in BOUNDARIES:
            for words in COMMANDS if campaign.full else [chance.choice(COMMANDS)]:
                took = site.adopt(sys.executable, "-m", "tests.faults.crashing", boundary, words, site.config)
                assert site.runtime is not None
                assert site.runtime.wait(CRASH_LIMIT_S) == -signal.SIGKILL
                site.kill()
                site.copy_books()
                adopted += [took] if took else []
                rows.append({"boundary": boundary, "command": words})
        adopted.append(alive(site.adopt()))
        judged(site)
        note = ", ".join(f"{what}: {value}" for what, value in {**times(adopted), **site.counts}.items())
        campaign.record("kill -9 at every boundary between log, effect and acknowledgement", rows, note)
