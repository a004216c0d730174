# SPDX-License-Identifier: Apache-2.0
"""Events as lines of a byte stream: cut them, bounded, and read each. Never raises on bad input."""

from adapters.kernel.parse import LINE_PREFIX, MESSAGE_LIMIT, Heard, Reason, Refused, parse_uevent


def parse_line(line: bytes) -> Heard | Refused:
    """Read one line `HALL=h1 ROLE=projection EVENT=tail SEQ=12 EPOCH=77 FRAME=0 NS=5 VAL=0`, without its LF."""
    if len(line) >= MESSAGE_LIMIT:
        return Refused(Reason.OVERSIZED)
    if not line.isascii():
        return Refused(Reason.MALFORMED)
    keys: dict[str, str] = {}
    for word in line.decode("ascii").split(" "):
        key, equals, text = word.partition("=")
        if not equals or key in keys:
            return Refused(Reason.MALFORMED, key[:40])
        keys[key] = text
    return parse_uevent(keys, prefix=LINE_PREFIX, uuid=None)


class LineCutter:
    """Cuts a stream into lines. Holds at most one line's worth; a longer one is skipped to its end and refused."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[Heard | Refused]:
        """Take bytes as they come; return what each line that ended says."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        said = [parse_line(line) for line in lines[self._skipping if lines else 0 :]]
        self._skipping = self._skipping and not lines
        if self._skipping or len(self._rest) >= MESSAGE_LIMIT:
            said += [] if self._skipping else [Refused(Reason.OVERSIZED)]
            self._skipping, self._rest = True, b""
        return said
