# SPDX-License-Identifier: Apache-2.0
"""The bench itself: what it promises to the other tests here."""

import time
from collections.abc import Callable

import pytest

from adapters.ssh.errors import CredentialRefused
from adapters.ssh.link import open_link
from tests.vm.guest import Guest
from tests.vm.qmp import MachineEnded
from tests.vm.tty import CommandFailed
from tests.vm.verdict import verdict


def test_a_guest_is_an_enrolled_server_with_our_devices(guest: Guest) -> None:
    assert guest.ssh("uname -r") == guest.bench.kernel.release
    assert guest.ssh("id -un; cat /etc/reel/agent.conf") == "root\ndevices = /sys/class/reel"
    assert guest.sh("ls /sys/class/reel").split() == ["h1-projection", "h1-sound", "h2-projection", "h2-sound"]
    assert abs(float(guest.sh("date +%s")) - time.time()) < 5


def test_both_ways_in_tell_what_failed(guest: Guest) -> None:
    for run in (guest.sh, guest.ssh):
        with pytest.raises(CommandFailed, match=r"status 3: .*\nso it is") as failed:
            run("echo so it is >&2; exit 3")
        assert failed.value.status == 3


async def test_the_agent_answers_to_our_credentials_and_to_no_others(guest: Guest) -> None:
    link = await open_link(guest.address, guest.credential("h1", "projection"), limit_s=20)
    welcome = await link.hello("h1", "projection", 1, 1, "bench", 0, 20)
    assert welcome.epoch == int(guest.snapshot("h1")["epoch"]) > 0
    await link.close(10)
    with pytest.raises(CredentialRefused):
        await open_link(guest.address, guest.mint("h1", "projection", "/bin/sh"), limit_s=20)


def test_a_cut_network_leaves_the_serial_way(guest: Guest) -> None:
    assert guest.ssh("echo up") == "up"
    guest.cut_network()
    assert guest.sh("cat /sys/class/net/eth0/carrier") == "0"
    guest.mend_network()
    assert guest.ssh("echo up again") == "up again"


def test_two_guests_do_not_know_each_other(guest_factory: Callable[..., Guest]) -> None:
    one, two = guest_factory(halls=("h3",)), guest_factory(modules=False)
    assert one.port != two.port
    assert one.sh("ls /sys/class/reel").split() == ["h3-projection", "h3-sound"]
    assert two.sh("test -e /sys/class/reel || echo none") == "none"


def test_a_guest_that_oopses_ends_and_fails_its_test(guest: Guest) -> None:
    with pytest.raises(MachineEnded):
        guest.sh("echo c >/proc/sysrq-trigger")
    guest.wait_end()
    judged = verdict(guest)
    guest.end_expected = True
    assert judged.startswith("the guest ended with 0 by itself; its console:\n")
    assert "Kernel panic - not syncing: sysrq triggered crash" in judged


def test_a_kernel_that_warns_fails_its_test(guest: Guest) -> None:
    assert verdict(guest) == ""
    guest.sh("echo '<4>WARNING: CPU: 0 PID: 1 at this test' >/dev/kmsg")
    judged = verdict(guest)
    guest.end_expected = True
    assert judged.startswith("the guest's kernel complained")
    assert "WARNING: CPU: 0 PID: 1 at this test" in judged
