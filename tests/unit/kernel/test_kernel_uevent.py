# SPDX-License-Identifier: Apache-2.0
"""Reading the kernel's own messages, and nobody else's."""

import socket

import pytest

from adapters.kernel.uevent import properties_of, read_message

MESSAGE = b"change@/devices/virtual/mem/null\0ACTION=change\0SUBSYSTEM=mem\0SYNTH_ARG_HALL=h1\0SYNTH_ARG_VAL=a=b\0"


class Receiver:
    """A netlink socket's answer."""

    def __init__(self, sender: tuple[int, int], flags: int = 0) -> None:
        self.sender, self.flags = sender, flags

    def recvmsg(self, _most: int, _ancillary: int, _flags: int) -> tuple[bytes, list[object], int, tuple[int, int]]:
        return MESSAGE, [], self.flags, self.sender


def test_the_keys_of_a_message_are_read() -> None:
    assert properties_of(MESSAGE, b"mem") == {
        "ACTION": "change",
        "SUBSYSTEM": "mem",
        "SYNTH_ARG_HALL": "h1",
        "SYNTH_ARG_VAL": "a=b",
    }


@pytest.mark.parametrize("subsystem", [b"me", b"em", b"memory", b"reel"])
def test_messages_about_other_things_are_passed_over(subsystem: bytes) -> None:
    assert properties_of(MESSAGE, subsystem) is None


def test_a_key_that_only_looks_like_the_subsystem_is_none() -> None:
    assert properties_of(MESSAGE.replace(b"\0SUBSYSTEM=mem", b"\0XSUBSYSTEM=mem"), b"mem") is None


def test_what_is_no_text_is_told() -> None:
    with pytest.raises(UnicodeDecodeError):
        properties_of(MESSAGE.replace(b"h1", b"\xff"), b"mem")


@pytest.mark.parametrize(
    ("sender", "flags", "expected"),
    [
        ((0, 1), 0, MESSAGE),
        ((4711, 1), 0, b""),
        ((0, 2), 0, b""),
        ((4711, 0), 0, b""),
        ((0, 1), socket.MSG_TRUNC, b""),
    ],
)
def test_only_whole_broadcasts_of_the_kernel_are_read(sender: tuple[int, int], flags: int, expected: bytes) -> None:
    assert read_message(Receiver(sender, flags)) == expected  # type: ignore[arg-type]  # all that is asked of it


def test_an_empty_queue_says_so_at_once() -> None:
    ours, _theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, _theirs, pytest.raises(BlockingIOError):
        read_message(ours)
