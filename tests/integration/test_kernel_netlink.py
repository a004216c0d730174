# SPDX-License-Identifier: Apache-2.0
"""The netlink source on real kernel uevents: overflow, forgery, foreign events, buffer, and a broken descriptor."""

import errno
import os
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.kernel import NetlinkSource, Reason, netlink
from adapters.kernel.netlink import present
from adapters.kernel.uevent import read_message
from statemachines import events as e
from statemachines.words import Role
from tests.support.kernel_events import Ears, Synthesiser, keys

pytestmark = pytest.mark.real_uevents

UEVENT_PROTOCOL = 15
"""NETLINK_KOBJECT_UEVENT, for which Python has no name."""

KERNEL_GROUP = 1
"""The multicast group of NETLINK_KOBJECT_UEVENT to which the kernel itself sends."""


@pytest.fixture
def kernel() -> Synthesiser:
    return Synthesiser()


@pytest.fixture
async def source(kernel: Synthesiser) -> AsyncIterator[NetlinkSource]:
    source = NetlinkSource("mem", kernel.uuid, 1 << 20)
    yield source
    await source.close()


async def test_the_buffer_that_the_kernel_granted_can_be_read(source: NetlinkSource) -> None:
    assert source.granted_bytes() == 0
    await Ears().listen(source)
    assert source.granted_bytes() == 2 << 20
    await source.close()
    assert source.granted_bytes() == 0


async def test_another_booths_synthetic_events_are_not_ours(source: NetlinkSource, kernel: Synthesiser) -> None:
    ears = Ears()
    await ears.listen(source)
    kernel.say(keys(1), uuid=str(uuid.uuid4()))
    kernel.say(keys(2))
    await ears.wait_for(lambda: bool(ears.heard))
    assert ears.seqs == [2]
    assert source.refused[Reason.FOREIGN] >= 1


async def test_after_an_overflow_the_source_says_so_and_goes_on(kernel: Synthesiser) -> None:
    source = NetlinkSource("mem", kernel.uuid, 32 << 10)
    ears = Ears()
    await ears.listen(source)
    for seq in range(1, 2001):
        kernel.say(keys(seq))
    # Told when noticed, and once more when the queue is empty: from then on nothing more is lost.
    await ears.wait_for(lambda: ears.overflows >= 2)
    heard = len(ears.heard)
    assert 0 < heard < 2000
    assert ears.seqs == list(range(1, heard + 1))
    kernel.say(keys(2001))
    await ears.wait_for(lambda: ears.seqs[-1] == 2001)
    assert ears.lost == []
    await source.close()


def forged(device: str, uuid: str, seq: int) -> bytes:
    properties = ["ACTION=change", f"DEVPATH=/devices/virtual/mem/{device}", "SUBSYSTEM=mem", f"SYNTH_UUID={uuid}"]
    properties += [f"SYNTH_ARG_{pair}" for pair in keys(seq, word="estop").split()]
    properties += ["SEQNUM=999999999", f"DEVNAME=/dev/{device}", "MAJOR=1", "MINOR=3"]
    words = [f"change@/devices/virtual/mem/{device}", *properties]
    return b"".join(word.encode() + b"\0" for word in words)


@contextmanager
def netlink_socket(groups: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, UEVENT_PROTOCOL) as sock:
        sock.bind((0, groups))
        sock.settimeout(5)
        yield sock


async def test_what_the_kernel_did_not_send_never_arrives(source: NetlinkSource, kernel: Synthesiser) -> None:
    ears = Ears()
    with netlink_socket(KERNEL_GROUP) as witness, netlink_socket(0) as forger:
        await ears.listen(source)
        message = forged("null", kernel.uuid, 1)
        forger.sendto(message, (0, KERNEL_GROUP))
        ports = own_ports()
        assert len(ports) == 3, "the witness, the forger and the monitor itself"
        for port in ports:
            forger.sendto(message, (port, 0))
        kernel.say(keys(2))
        await ears.wait_for(lambda: 2 in ears.seqs)
        # Another listener to the same group, which checks no sender, did get the forgery: it was really sent.
        assert any(witness.recv(8192) == message for _ in range(100))
    assert ears.seqs == [2]


def own_ports() -> list[int]:
    """Return the netlink ports of this process on the uevent protocol."""
    held = {os.stat(link).st_ino for link in Path("/proc/self/fd").iterdir() if link.exists()}
    rows = [line.split() for line in Path("/proc/net/netlink").read_text(encoding="ascii").splitlines()[1:]]
    return [int(row[2]) for row in rows if row[1] == str(UEVENT_PROTOCOL) and int(row[9]) in held]


async def test_a_monitor_that_fails_is_replaced(
    source: NetlinkSource, kernel: Synthesiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[object] = []

    def fail_once(receiver: socket.socket) -> bytes:
        if not broken:
            broken.append(receiver)
            raise OSError(errno.EIO, "input/output error")
        return read_message(receiver)

    monkeypatch.setattr(netlink, "read_message", fail_once)
    ears = Ears()
    await ears.listen(source)
    kernel.say(keys(1))
    await ears.wait_for(lambda: ears.ups == 2)
    assert len(ears.lost) == 1
    assert "input/output error" in ears.lost[0]
    assert ears.overflows == 0
    kernel.say(keys(2))
    await ears.wait_for(lambda: bool(ears.heard))
    assert ears.seqs == [2]


async def test_devices_of_other_kinds_are_not_enumerated(source: NetlinkSource) -> None:
    await Ears().listen(source)
    assert source.enumerate() == []


def test_reels_that_are_present_are_read_from_their_properties() -> None:
    reel = {"ACTION": "add", "SUBSYSTEM": "reel", "REEL_HALL": "h3", "REEL_ROLE": "sound"}
    found = present([reel, {"ACTION": "add", "SUBSYSTEM": "reel"}])
    assert [(heard.hall, heard.event) for heard in found] == [("h3", e.DeviceAdded(role=Role.SOUND, epoch=0, hw_seq=0))]
