# SPDX-License-Identifier: Apache-2.0
"""Kernel events of this machine on the event loop: subscribed and enumerated by pyudev, read as they come."""

import asyncio
import contextlib
import errno
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pyudev

from adapters.kernel.parse import MODULE_PREFIX, SYNTHETIC_PREFIX, Heard, Reason, Refused, parse_uevent
from adapters.kernel.source import Listener
from adapters.kernel.uevent import properties_of, read_message

BATCH = 256
"""Events a wake-up: the halls must go on during a flood."""

REOPEN_PAUSE_S = 1.0


class NetlinkSource:
    """Uevents of one subsystem. With a `uuid` only synthetic ones that carry it, without one only the module's own.

    `buffer_bytes` is asked of the kernel; without privilege it may give less, see `granted_bytes`.
    """

    def __init__(self, subsystem: str, uuid: str | None, buffer_bytes: int) -> None:
        self.refused: Counter[str] = Counter()
        self._subsystem = subsystem
        self._uuid = uuid
        self._prefix = MODULE_PREFIX if uuid is None else SYNTHETIC_PREFIX
        self._buffer_bytes = buffer_bytes
        self._context = pyudev.Context()
        self._monitor: pyudev.Monitor | None = None
        self._receiver: socket.socket | None = None
        self._reopen: asyncio.TimerHandle | None = None
        self._overflowed = False

    async def start(
        self,
        on_heard: Callable[[Heard], None],
        on_overflow: Callable[[], None],
        on_up: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """See EventSource. Once it returns, `enumerate` misses no device that comes later."""
        self._open(Listener(on_heard, on_overflow, on_up, on_lost))

    async def close(self) -> None:
        """See EventSource."""
        self._release()
        if self._reopen is not None:
            self._reopen.cancel()
            self._reopen = None

    def granted_bytes(self) -> int:
        """Return the receive buffer as the kernel counts it (twice what was asked, if it gave all); 0 when down."""
        return 0 if self._receiver is None else self._receiver.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def enumerate(self) -> list[Heard]:
        """Return the class devices that are present, each as an unnumbered `device_added`. Call after `start`."""
        devices = pyudev.Enumerator(self._context).match_subsystem(self._subsystem)
        return present({**device.properties, "ACTION": "add"} for device in devices)

    def _open(self, listener: Listener) -> None:
        self._reopen = None
        try:
            self._monitor = self._subscribe()
        except OSError as error:
            self._down(listener, f"cannot listen to kernel events: {error}")
            return
        self._receiver = socket.socket(fileno=os.dup(self._monitor.fileno()))
        asyncio.get_running_loop().add_reader(self._receiver, self._readable, self._receiver, listener)
        listener.tell(listener.on_up)

    def _subscribe(self) -> pyudev.Monitor:
        monitor = pyudev.Monitor.from_netlink(self._context, source="kernel")
        monitor.filter_by(self._subsystem)
        # Without privilege libudev has by then taken what it may have; `doctor` shows how much.
        with contextlib.suppress(PermissionError):
            monitor.set_receive_buffer_size(self._buffer_bytes)
        monitor.start()
        return monitor

    def _readable(self, receiver: socket.socket, listener: Listener) -> None:
        for _ in range(BATCH):
            try:
                message = read_message(receiver)
            except BlockingIOError:
                self._emptied(listener)
                return
            except OSError as error:
                self._failed(listener, error)
                return
            outcome = self._parse(message)
            if outcome is not None:
                listener.judge(outcome, self.refused)

    def _emptied(self, listener: Listener) -> None:
        """After an overflow the kernel drops everything until the queue is empty: only now the loss has ended."""
        if self._overflowed:
            self._overflowed = False
            listener.tell(listener.on_overflow)

    def _parse(self, message: bytes) -> Heard | Refused | None:
        try:
            properties = properties_of(message, self._subsystem.encode())
        except UnicodeDecodeError:
            return Refused(Reason.MALFORMED)
        return None if properties is None else parse_uevent(properties, prefix=self._prefix, uuid=self._uuid)

    def _failed(self, listener: Listener, error: OSError) -> None:
        """An overflow is told once, by the read after it, and reading goes on. All else: subscribe anew."""
        if error.errno == errno.ENOBUFS:
            self._overflowed = True
            listener.tell(listener.on_overflow)
        else:
            self._down(listener, f"kernel events can not be read: {error}")

    def _down(self, listener: Listener, reason: str) -> None:
        self._release()
        self._reopen = asyncio.get_running_loop().call_later(REOPEN_PAUSE_S, self._open, listener)
        listener.tell(listener.on_lost, reason)

    def _release(self) -> None:
        """Stop reading; the monitor's own descriptor is closed with its last reference."""
        if self._receiver is not None:
            asyncio.get_running_loop().remove_reader(self._receiver)
            self._receiver.close()
        self._receiver = self._monitor = None


def present(devices: Iterable[Mapping[str, str]]) -> list[Heard]:
    """Return those of the devices that are reels, read from their properties."""
    read = (parse_uevent(properties, prefix=MODULE_PREFIX, uuid=None) for properties in devices)
    return [outcome for outcome in read if isinstance(outcome, Heard)]
