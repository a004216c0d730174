# SPDX-License-Identifier: Apache-2.0
"""Lines that a device's attributes take. What does not fit changes nothing, as a sysfs store that says EINVAL."""

import re

from adapters.booth.device import Device
from statemachines.device_abi import LINE_LIMIT, NAME_LIMIT, NUMBER_DIGITS

_NUMBER = rf"([0-9]{{1,{NUMBER_DIGITS}}})"
_COMMAND = re.compile(rf"{_NUMBER} {_NUMBER} {_NUMBER} ([a-z_]{{1,32}})(?: ([a-z0-9_]{{1,32}}))?")
_CLAIM = re.compile(rf"{_NUMBER} {_NUMBER} ([a-z0-9]{{1,{NAME_LIMIT}}}) {_NUMBER}")
_LEASE = re.compile(rf"{_NUMBER} {_NUMBER}")


class LineBuffer:
    """Cuts a stream of bytes into lines; one of LINE_LIMIT bytes is dropped whole, which `dropped` counts."""

    def __init__(self) -> None:
        self.dropped = 0
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, without their ends; bytes beyond ASCII become `?`."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines = []
        for line in whole:
            if self._skipping or len(line) >= LINE_LIMIT:
                self.dropped += 1
            else:
                lines.append(line.decode("ascii", "replace").replace("\ufffd", "?"))
            self._skipping = False
        if len(self._rest) >= LINE_LIMIT:
            self._rest, self._skipping = b"", True
        return lines


def take(device: Device, attribute: str, line: str) -> str | None:
    """Give a line to an attribute; return the line that `result` then reads, or None where there is none."""
    match attribute:
        case "command":
            return _command(device, line)
        case "claim":
            return _claim(device, line)
        case "lease" if matched := _LEASE.fullmatch(line):
            device.feed(int(matched[1]), int(matched[2]))
        case "self_test" if line == "1":
            device.self_test()
    return None


def _command(device: Device, line: str) -> str | None:
    matched = _COMMAND.fullmatch(line)
    if matched is None:
        return None
    fence, gen, seq = (int(matched[place]) for place in (1, 2, 3))
    return f"{fence} {gen} {seq} {device.command(fence, gen, seq, matched[4], matched[5] or '')}"


def _claim(device: Device, line: str) -> str | None:
    matched = _CLAIM.fullmatch(line)
    if matched is None:
        return None
    fence, gen, seq = (int(matched[place]) for place in (1, 2, 4))
    return f"{fence} {gen} {seq} {device.claim(fence, gen, matched[3], seq)}"
