# SPDX-License-Identifier: Apache-2.0
"""The kernel's own messages, byte by byte: `ACTION@DEVPATH`, then `KEY=VALUE` texts, each ended by a zero byte.

pyudev opens the socket and asks libudev for each key of each message, through ctypes; what follows reads the same
message at once, in a third of the time, which is the time for which an event waits.
"""

import socket

MESSAGE_MOST = 16 << 10
"""Bytes; the kernel builds a uevent in a buffer of 2 KiB and sends it behind its device's path."""

_KERNEL = (0, 1)
"""Address of a broadcast of the kernel: port 0, which no process can have, and the group of kernel events."""


def read_message(receiver: socket.socket) -> bytes:
    """Return the next waiting message; empty when the kernel did not send it.

    Raises:
        BlockingIOError: none waits.
        OSError: ENOBUFS when messages were lost since the last look, all else when the socket is of no use.
    """
    message, _, flags, address = receiver.recvmsg(MESSAGE_MOST, 0, socket.MSG_DONTWAIT)
    if address != _KERNEL or flags & socket.MSG_TRUNC:
        return b""
    return message


def properties_of(message: bytes, subsystem: bytes) -> dict[str, str] | None:
    """Return the keys of a message about a device of this subsystem, None for any other message.

    Raises:
        UnicodeDecodeError: a value that is no text.
    """
    if b"\0SUBSYSTEM=%b\0" % subsystem not in message:
        return None
    pairs = (text.partition("=") for text in message.decode().split("\0")[1:])
    return {key: value for key, equals, value in pairs if equals}
