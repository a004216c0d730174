# SPDX-License-Identifier: Apache-2.0
"""The bench itself: what a server on a disk promises to the other tests here."""

import pytest

from tests.deploy.server import Server
from tests.vm.qmp import MachineEnded
from tests.vm.verdict import verdict

DEVICES = ["h1-projection", "h1-sound", "h2-projection", "h2-sound"]


def test_a_server_comes_back_as_itself_however_it_ended(server: Server) -> None:
    port, epoch = server.port, server.snapshot("h1")["epoch"]
    assert server.sh("ls /sys/class/reel").split() == DEVICES
    assert (
        server.sh("find /lib/modules -name reelctl.ko")
        == f"/lib/modules/{server.bench.kernel.release}/updates/reelctl.ko"
    )
    assert server.sh("stat -c %G /sys/class/reel/h1-sound/snapshot") == "reel"
    server.sh("echo kept >/var/lib/kept && sync && echo lost >/var/lib/lost")
    server.power_cut()
    server.comes_back()
    assert server.sh("cd /var/lib && cat kept && [ ! -e lost ]") == "kept"
    assert server.port == port
    assert server.snapshot("h1")["epoch"] != epoch

    with pytest.raises(MachineEnded):
        server.sh("echo kept by nobody >/var/lib/kept; echo c >/proc/sysrq-trigger")
    server.comes_back(complained=True)
    assert server.sh("cat /var/lib/kept") == "kept"
    assert verdict(server) == ""
    assert server.sh("ls /sys/class/reel").split() == DEVICES
