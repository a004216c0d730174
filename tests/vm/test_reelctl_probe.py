# SPDX-License-Identifier: Apache-2.0
"""What the module does with the lines of a board when it first sees them: safe at once, or not at all."""

import re
from collections.abc import Callable

from tests.vm.guest import Guest
from tests.vm.programs import static_program

SAFE = {"dowser": "closed", "motor": "stop", "unmute": "0", "lamp": "off", "dim": "0"}
"""What the simulation's own lines say; without light for the audience's way out `dim` would be 1."""
DRIVER = "/sys/bus/platform/drivers/reelctl"
DEVICES = "reelctl.64 reelctl.65"


def lines(guest: Guest) -> dict[str, str]:
    truth = guest.truth("h1")
    return {name: truth[name] for name in SAFE}


def test_whatever_the_lines_were_they_are_safe_when_the_device_is_there(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    told = guest.sh("cat /sys/kernel/debug/gpio")
    first = re.search(r"GPIOs (\d+)-", told)
    assert first
    outputs = [int(number) - int(first[1]) for number in re.findall(r"gpio-(\d+) \(.*\) out", told)]
    guest.sh(f"for device in {DEVICES}; do echo $device >{DRIVER}/unbind; done")
    guest.put(static_program("raise"), "/root/raise")
    guest.sh(f"/root/raise {' '.join(map(str, outputs))}")
    raised = lines(guest)
    assert {name for name in SAFE if raised[name] == SAFE[name]} == set(), "firmware left everything on"
    guest.sh(f"for device in {DEVICES}; do echo $device >{DRIVER}/bind; done")
    while guest.truth("h1")["moving"] == "1":
        assert guest.truth("h1")["dowser"] == "closed"  # the motor runs down
    assert lines(guest) == SAFE
    assert guest.snapshot("h1")["dowser"] == "closed"


def test_a_chip_that_sleeps_is_refused_with_the_reason(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(modules=False)
    guest.sh("modprobe reelctl && modprobe reelsim halls=h1 sleeping_chip=1")
    assert guest.sh("ls /sys/class/reel") == ""
    refused = re.findall(r"output '([a-z]+)' is set in interrupts: its GPIO chip must not sleep", guest.sh("dmesg"))
    assert refused == ["dowser", "unmute"], "the projector's first such line, the sound rack's"
    assert lines(guest) == SAFE
    guest.sh("rmmod reelsim && modprobe reelsim halls=h1")
    assert guest.snapshot("h1")["dowser"] == "closed"
