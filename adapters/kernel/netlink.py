# SPDX-License-Identifier: Apache-2.0
"""Kernel events of this machine, by pyudev on the event loop. libudev drops what the kernel did not send itself."""

import asyncio
import contextlib
import errno
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pyudev

from adapters.kernel.parse import KEYS, MODULE_PREFIX, SYNTHETIC_PREFIX, Heard, Reason, Refused, parse_uevent
from adapters.kernel.source import Listener

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
        self._keys = ("ACTION", "SYNTH_UUID", *(f"{self._prefix}{key}" for key in KEYS))
        self._buffer_bytes = buffer_bytes
        self._context = pyudev.Context()
        self._monitor: pyudev.Monitor | None = None
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
        return 0 if self._monitor is None else _option(self._monitor, socket.SO_RCVBUF)

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
        asyncio.get_running_loop().add_reader(self._monitor.fileno(), self._readable, self._monitor, listener)
        listener.tell(listener.on_up)

    def _subscribe(self) -> pyudev.Monitor:
        monitor = pyudev.Monitor.from_netlink(self._context, source="kernel")
        monitor.filter_by(self._subsystem)
        # Without privilege libudev has by then taken what it may have; `doctor` shows how much.
        with contextlib.suppress(PermissionError):
            monitor.set_receive_buffer_size(self._buffer_bytes)
        monitor.start()
        return monitor

    def _readable(self, monitor: pyudev.Monitor, listener: Listener) -> None:
        for _ in range(BATCH):
            try:
                device = monitor.poll(timeout=0)
            except OSError as error:
                self._failed(monitor, listener, error)
                return
            if device is None:
                self._emptied(listener)
                return
            listener.judge(self._parse(device), self.refused)

    def _emptied(self, listener: Listener) -> None:
        """After an overflow the kernel drops everything until the queue is empty: only now the loss has ended."""
        if self._overflowed:
            self._overflowed = False
            listener.tell(listener.on_overflow)

    def _parse(self, device: pyudev.Device) -> Heard | Refused:
        try:
            # One look-up a key: to walk through all that a message holds takes pyudev three times as long.
            look_up = device.properties.get
            known = ((key, look_up(key)) for key in self._keys)
            properties = {key: text for key, text in known if text is not None}
        except UnicodeDecodeError:
            return Refused(Reason.MALFORMED)
        return parse_uevent(properties, prefix=self._prefix, uuid=self._uuid)

    def _failed(self, monitor: pyudev.Monitor, listener: Listener, error: OSError) -> None:
        """An overflow: reading SO_ERROR clears it, or pyudev would raise for ever. All else: subscribe anew."""
        if errno.ENOBUFS in (_option(monitor, socket.SO_ERROR), error.errno):
            self._overflowed = True
            listener.tell(listener.on_overflow)
        else:
            self._down(listener, f"kernel events can not be read: {error}")

    def _down(self, listener: Listener, reason: str) -> None:
        self._release()
        self._reopen = asyncio.get_running_loop().call_later(REOPEN_PAUSE_S, self._open, listener)
        listener.tell(listener.on_lost, reason)

    def _release(self) -> None:
        """Stop reading; the monitor's descriptor is closed with its last reference."""
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None


def present(devices: Iterable[Mapping[str, str]]) -> list[Heard]:
    """Return those of the devices that are reels, read from their properties."""
    read = (parse_uevent(properties, prefix=MODULE_PREFIX, uuid=None) for properties in devices)
    return [outcome for outcome in read if isinstance(outcome, Heard)]


def _option(monitor: pyudev.Monitor, option: int) -> int:
    with socket.socket(fileno=os.dup(monitor.fileno())) as duplicate:
        return duplicate.getsockopt(socket.SOL_SOCKET, option)
