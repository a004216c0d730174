# SPDX-License-Identifier: Apache-2.0
"""What `udevadm monitor --kernel --property` writes, read as it comes from another machine. Sans-I/O.

    monitor will print the received events for:
    KERNEL - the kernel uevent

    KERNEL[91.224466] change   /devices/platform/reelctl.0/reel/h1-projection (reel)
    ACTION=change
    REEL_HALL=h1
    …
    SEQNUM=4711

Each event ends with an empty line. Whatever comes instead costs at most its own event, and never more memory than one.
"""

from dataclasses import dataclass

from adapters.kernel.parse import Heard, Reason, Refused, parse_uevent

LINE_MOST = 4096
"""Bytes of one line: the longest path of a device."""

EVENT_MOST = 16 << 10
"""Bytes of one event; the kernel builds its keys in a buffer of 2 KiB."""

_LISTENS = b"KERNEL - "
"""udevadm says so once it has subscribed."""

_EVENT = b"KERNEL["
_SEQNUM_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the other machine's kernel. `seqnum` is that kernel's own number for it, 0 where it gave none."""

    outcome: Heard | Refused
    seqnum: int = 0


class UdevadmReader:
    """Reads one monitor's output. `listens` turns true once the monitor has subscribed to its kernel's events.

    `prefix` and `uuid` are those of `parse_uevent`.
    """

    def __init__(self, *, prefix: str, uuid: str | None) -> None:
        self.listens = False
        self._prefix, self._uuid = prefix, uuid
        self._rest = b""
        self._overlong = False
        self._keys: dict[str, str] | None = None
        self._bytes = 0
        self._wrong: Reason | None = None

    def feed(self, data: bytes) -> list[Told]:
        """Take bytes as they come; return the events that end in them."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        told = []
        for line in lines:
            event = self._line(line)
            if event is not None:
                told.append(event)
        if len(self._rest) > LINE_MOST:
            self._overlong, self._rest = True, b""
        return told

    def _line(self, line: bytes) -> Told | None:
        cut, self._overlong = self._overlong or len(line) > LINE_MOST, False
        if not self.listens:
            self.listens = not cut and line.startswith(_LISTENS)
            return None
        if cut:
            self._spoil(Reason.OVERSIZED)
            return None
        if line.startswith(_EVENT):
            return self._begin()
        if not line:
            return self._end()
        self._property(line)
        return None

    def _begin(self) -> Told | None:
        """A head where a property is due: the event before it was cut off."""
        cut_off = Told(Refused(self._wrong or Reason.MALFORMED)) if self._keys is not None else None
        self._keys, self._bytes, self._wrong = {}, 0, None
        return cut_off

    def _property(self, line: bytes) -> None:
        key, equals, value = line.partition(b"=")
        self._bytes += len(line)
        if self._bytes > EVENT_MOST:
            self._spoil(Reason.OVERSIZED)
        elif self._keys is None or not equals or not _is_printable(line) or key.decode("ascii") in self._keys:
            self._spoil(Reason.MALFORMED)
        else:
            self._keys[key.decode("ascii")] = value.decode("ascii")

    def _spoil(self, reason: Reason) -> None:
        """Nothing up to the next empty line counts; for the first reason it is refused there."""
        self._wrong, self._keys = self._wrong or reason, {}

    def _end(self) -> Told | None:
        keys, wrong = self._keys, self._wrong
        self._keys, self._bytes, self._wrong = None, 0, None
        if wrong is not None:
            return Told(Refused(wrong))
        if keys is None:
            return None
        return Told(parse_uevent(keys, prefix=self._prefix, uuid=self._uuid), _number(keys.get("SEQNUM", "")))


def _is_printable(line: bytes) -> bool:
    return line.isascii() and line.decode("ascii").isprintable()


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) <= _SEQNUM_DIGITS else 0
