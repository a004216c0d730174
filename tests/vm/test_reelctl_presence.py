# SPDX-License-Identifier: Apache-2.0
"""A device's coming and going: what the kernel sends, and what keeps the module where it is."""

import re
import subprocess
from collections.abc import Callable

import pytest

from adapters.kernel.parse import MODULE_PREFIX, Heard, parse_uevent
from statemachines import events as e
from tests.vm.guest import Guest
from tests.vm.qmp import MachineEnded
from tests.vm.seat import Seat, project, stand_by
from tests.vm.tty import CommandFailed


def test_the_module_stays_while_film_is_in_the_path(guest: Guest) -> None:
    seat = stand_by(guest)
    with pytest.raises(CommandFailed, match="in use"):
        guest.sh("rmmod reelctl")
    assert guest.snapshot("h1")["film"] == "1"
    guest.sim("h1", "empty", 1)
    seat.wait_for("filmout")
    guest.sh("rmmod reelctl && ! test -e /sys/class/reel && modprobe reelctl")
    assert guest.snapshot("h1")["film"] == "0"


def test_a_device_that_is_taken_away_leaves_safe_lines_and_says_so(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",))
    seat = project(guest)
    assert seat.order("lights down") == "ok"
    assert seat.order("lamp on") == "ok"
    with subprocess.Popen(
        guest.ssh_words("/usr/bin/udevadm monitor --kernel --property --subsystem-match=reel"), stdout=subprocess.PIPE
    ) as listener:
        assert listener.stdout is not None
        while b"KERNEL" not in listener.stdout.readline():
            pass
        guest.sh("echo reelctl.64 >/sys/bus/platform/drivers/reelctl/unbind")
        heard: list[e.KernelEvent] = []
        while not heard or not isinstance(heard[-1], e.DeviceRemoved):
            event = _next_event(listener.stdout.readline)
            assert isinstance(event, Heard)
            if event.hall == "h1" and event.event.role == "projection":
                heard.append(event.event)
        listener.terminate()
    assert isinstance(heard[-2], e.DowserMoved)
    assert not heard[-2].open
    truth = guest.truth("h1")
    assert (truth["dowser"], truth["lamp"], truth["unmute"], truth["dim"]) == ("closed", "off", "0", "0")
    guest.sh("echo reelctl.64 >/sys/bus/platform/drivers/reelctl/bind")
    again = Seat(guest).wait_for("filmin")
    assert again.seq == 1  # a new epoch: it says what it finds
    assert guest.snapshot("h1")["film"] == "1"


def _next_event(readline: object) -> object:
    assert callable(readline)
    properties: dict[str, str] = {}
    while (line := readline().decode().strip()) or not properties:
        key, equals, value = line.partition("=")
        if equals:
            properties[key] = value
    return parse_uevent(properties, prefix=MODULE_PREFIX, uuid=None)


def test_a_reboot_leaves_safe_lines(guest_factory: Callable[..., Guest]) -> None:
    guest = guest_factory(halls=("h1",), append="tp_printk")
    project(guest)
    lines = dict(re.findall(r"gpio-(\d+) \(.*?\|(\w[\w-]*) *\) out", guest.sh("cat /sys/kernel/debug/gpio")))
    guest.sh("echo 1 >/sys/kernel/debug/tracing/events/gpio/gpio_value/enable")
    assert guest.truth("h1")["dowser"] == "open"
    guest.end_expected = True
    with pytest.raises(MachineEnded):
        guest.sh("reboot -f")
    guest.wait_end()
    driven = {lines[line]: level for line, level in re.findall(r"gpio_value: (\d+) set (\d)", guest.console)}
    assert driven == dict.fromkeys(("dowser", "unmute", "motor", "direction", "lamp", "dim", "analog"), "0")
