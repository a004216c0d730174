# SPDX-License-Identifier: Apache-2.0
"""A device that is taken from a running site: the runtime says so, its hall is in fault, and comes back with it."""

from collections.abc import Callable
from pathlib import Path

from statemachines.alarms import find
from statemachines.words import State
from tests.vm.cinema import VmCinema
from tests.vm.guest import Guest

DRIVER = "/sys/bus/platform/drivers/reelctl"


def test_a_device_that_is_removed_puts_its_own_hall_in_fault(
    tmp_path: Path, guest_factory: Callable[..., Guest]
) -> None:
    guest = guest_factory(halls=("h1", "h2"))
    with VmCinema(tmp_path, guest, guest_halls=("h1", "h2")) as site:
        site.start()
        guest.sh(f"echo reelctl.64 >{DRIVER}/unbind")
        site.until_state("h1", State.FAULT)
        hall = site.hall("h1")
        assert hall.fault.cause == "device_removed"
        alarm = find(hall.alarms, "device_removed")
        assert alarm is not None
        assert "the device went away" in alarm.words
        removed = site.until_row("h1", "device_removed")
        assert (removed.payload["role"], removed.source) == ("projection", "kernel")
        assert site.hall("h2").state is State.IDLE

        guest.sh(f"echo reelctl.64 >{DRIVER}/bind")
        site.until_row("h1", "device_added", after=removed.log_seq)
        asked = site.request("h1", "acknowledge", "device_removed")
        assert asked.returncode == 0, asked.stderr
        # It waits for the hardware to be read once more, as whoever asks is told.
        site.until("the reset is taken", lambda: site.request("h1", "reset").returncode == 0)
        site.until_state("h1", State.IDLE)
