# SPDX-License-Identifier: Apache-2.0
"""The hardware of many halls as numbers in a file that several processes map, and their kernel events over a socket.

`python -m benchmarks.scale_devices DEVICES_FILE SOCKET HALL,HALL…` sends every device's heartbeat each 2 s, and is
asked over its standard input: `beats on|off`; `say WORD COUNT SPREAD_S` lets the projectors of the first COUNT halls
say a word, evenly within that time; `told` tells the words that were said, and when.
"""

import asyncio
import mmap
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from struct import calcsize
from typing import Any

from benchmarks.scale_talk import asked, say
from statemachines.device_abi import RING_LINES
from statemachines.snapshot import Snapshot, format_snapshot
from statemachines.words import Lamp, Role

BEAT_S = 2.0
_TICK_S = 0.01
_WORDS = ("filmin", "ready", "lampon", "filmout", "door")
_FIELDS = ("seq", *_WORDS)
_CELL = calcsize("Q")


class Devices:
    """Maps the file: for each (hall, role) its last number, and the number of the last time that it said each word."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._cells = memoryview(mmap.mmap(opened.fileno(), 0)).cast("Q")

    @staticmethod
    def make(file: Path, halls: int) -> None:
        """Make the file for that many halls."""
        file.write_bytes(bytes(halls * len(Role) * len(_FIELDS) * _CELL))

    def epoch(self, hall: str, role: str) -> int:
        return 1 + _place(hall, role)

    def next(self, hall: str, role: str, word: str) -> int:
        """The device says a word: return its number."""
        base = _place(hall, role) * len(_FIELDS)
        self._cells[base] += 1
        if word in _WORDS:
            self._cells[base + _FIELDS.index(word)] = self._cells[base]
        return self._cells[base]

    def last(self, hall: str, role: str) -> dict[str, int]:
        """Return the device's last number, as `seq`, and the number of each word's last time."""
        base = _place(hall, role) * len(_FIELDS)
        return dict(zip(_FIELDS, self._cells[base : base + len(_FIELDS)], strict=True))

    def snapshot(self, hall: str, role: str) -> str:
        """Return the device's `snapshot` line but for the gate's numbers."""
        last = self.last(hall, role)
        film = last["filmin"] > last["filmout"]
        read = Snapshot(
            epoch=self.epoch(hall, role),
            seq=last["seq"],
            ns=time.monotonic_ns(),
            film=film,
            ready=film and last["ready"] > last["filmin"],
            lamp=Lamp.LIT if last["lampon"] else Lamp.COLD,
        )
        line = format_snapshot(read, sound_only=role == Role.SOUND)
        return " ".join(word for word in line.split(" ") if word.partition("=")[0] not in ("fence", "gen", "last"))

    def ring(self, hall: str, role: str, first: int) -> list[str]:
        """Return the lines of the device's ring from a number on."""
        last = self.last(hall, role)
        words = {number: word for word, number in last.items() if word != "seq"}
        numbers = range(max(first, last["seq"] - RING_LINES + 1, 1), last["seq"] + 1)
        return [f"{number} {number} {words.get(number, 'heartbeat')} 0 0" for number in numbers]


def _place(hall: str, role: str) -> int:
    return int(hall.removeprefix("h")) * len(Role) + (role == Role.SOUND)


class _Booth:
    def __init__(self, devices: Devices, halls: list[str]) -> None:
        self.beats, self.said = True, list[tuple[str, str, int]]()
        self._devices, self._halls = devices, halls
        self._writers: set[asyncio.StreamWriter] = set()

    async def connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)

    def _send(self, hall: str, role: Role, word: str) -> None:
        number, now_ns = self._devices.next(hall, role, word), time.monotonic_ns()
        epoch = self._devices.epoch(hall, role)
        line = f"HALL={hall} ROLE={role} EVENT={word} SEQ={number} EPOCH={epoch} FRAME=0 NS={now_ns} VAL=0\n"
        if word != "heartbeat":
            self.said.append((hall, word, now_ns))
        for writer in self._writers:
            writer.write(line.encode("ascii"))

    async def beat(self) -> None:
        """Each device in its turn, as many within a tick as have their turn by then."""
        turns: Iterator[tuple[str, Role]] = cycle([(hall, role) for role in Role for hall in self._halls])
        per_s = len(self._halls) * len(Role) / BEAT_S
        began, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * per_s)
            for hall, role in (next(turns) for _ in range(due - sent)):
                if self.beats:
                    self._send(hall, role, "heartbeat")
            sent = due
            await asyncio.sleep(_TICK_S)

    async def say(self, word: str, count: int, spread_s: float) -> None:
        for number, hall in enumerate(self._halls[:count], start=1):
            self._send(hall, Role.PROJECTION, word)
            if number % max(count // 100, 1) == 0:
                await asyncio.sleep(spread_s / 100)


async def _main(devices: Path, socket: Path, halls: list[str]) -> None:
    booth = _Booth(Devices(devices), halls)
    async with await asyncio.start_unix_server(booth.connected, socket):
        beating = asyncio.create_task(booth.beat())
        say({})
        async for line in asked():
            say(await _done(booth, line.split(" ")))
        beating.cancel()


async def _done(booth: _Booth, words: list[str]) -> dict[str, Any]:
    match words:
        case ["beats", wish]:
            booth.beats = wish == "on"
        case ["say", word, count, spread_s]:
            await booth.say(word, int(count), float(spread_s))
        case ["told"]:
            said, booth.said = booth.said, []
            return {"said": said}
        case _:
            raise ValueError(words)
    return {}


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(",")))
