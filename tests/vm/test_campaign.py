# SPDX-License-Identifier: Apache-2.0
"""Whatever is commanded and whatever happens, light falls only on film that runs: a campaign of chance.

`make vm-test` runs a tenth, CAMPAIGN=full all: 100,000 commands and edges, 200 loads. SEED=number: the same dice again.
"""

from collections.abc import Callable

import pytest

from tests.faults.campaign import Campaign
from tests.vm.guest import Guest, pairs
from tests.vm.programs import static_program
from tests.vm.tty import CommandFailed

COMMANDS_AND_EDGES = 100_000
LOADS = 200
LIMIT_S = 1800
"""Of the whole on a busy machine; a tenth is done in 20 s."""
HALLS = ("h1", "h2", "h3", "h4")
FPS_MILLI = 96_000
SPINUP_MS = 20
"""Film is at speed after 0.1 s, so that a tenth sees many shows."""


NOTE = (
    "One static program in the guest draws from a seed what it does to one of four halls, and reads the snapshot after "
    "each step; a step may also be waiting. `open reads`: snapshots with an open dowser."
)


def run(guest: Guest, program: str, arguments: str, limit_s: float) -> dict[str, str]:
    """Run a program of tests/vm/c in the guest; return the figures of its last line. It fails with all that it said."""
    guest.put(static_program(program), f"/root/{program}")
    try:
        return pairs(guest.sh(f"/root/{program} {arguments}", limit_s=limit_s).splitlines()[-1])
    except CommandFailed as failed:
        pytest.fail(failed.said, pytrace=False)


@pytest.mark.timeout(LIMIT_S)
def test_light_falls_only_on_film_that_runs(
    guest_factory: Callable[..., Guest], campaign: Campaign, measured: Callable[..., None]
) -> None:
    guest = guest_factory(modules=False)
    guest.sh("modprobe reelctl")
    guest.sh(f"modprobe reelsim halls={','.join(HALLS)} fps_milli={FPS_MILLI} spinup_ms={SPINUP_MS}")
    count = campaign.of(COMMANDS_AND_EDGES)
    said = run(guest, "campaign", f"{campaign.seed} {count} {' '.join(HALLS)}", limit_s=LIMIT_S)
    assert int(said["commands"]) + int(said["edges"]) == count
    assert said["violations"] == "0"
    seen = {
        key: int(said[key]) for key in ("acted", "claimed", "edges", "malformed", "open_reads", "latches", "clears")
    }
    assert all(seen.values()), seen
    assert [guest.truth(hall)["violations"] for hall in HALLS] == ["0"] * len(HALLS)
    said = {key.replace("_", " "): value for key, value in said.items()}
    measured("Commands and edges by chance: light falls only on film that runs", said, NOTE)


@pytest.mark.timeout(LIMIT_S)
def test_modules_come_and_go_under_traffic(
    guest_factory: Callable[..., Guest], campaign: Campaign, measured: Callable[..., None]
) -> None:
    loads = campaign.of(LOADS)
    guest = guest_factory(processors=2)  # so that what uses a module and what takes it away truly run at once
    said = run(guest, "reload", f"{loads} /lib/modules/{guest.bench.kernel.release}/extra", limit_s=LIMIT_S)
    assert said["loads"] == str(loads)
    assert int(said["used"]) > 10 * loads
    guest.sh("rmmod reelsim && rmmod reelctl && modprobe reelctl && modprobe reelsim halls=h1")
    assert guest.snapshot("h1")["dowser"] == "closed"
    assert guest.complaints() == []
    said = {key.replace("_", " "): value for key, value in said.items()}
    measured("Modules loaded and unloaded under traffic", said, "Two processors; no warning in the kernel's log.")
