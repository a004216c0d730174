# SPDX-License-Identifier: Apache-2.0
"""From a kernel event to a command that its device has acknowledged, beside a floor and what people use today."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corridor import ours, peers, rulebook
from benchmarks.corridor.peers import Opened
from benchmarks.corridor.scene import REST_S, Scene, ahead_of_neighbours, staged
from benchmarks.measure import Figure, p50, p99

ROUNDS, SHOWS, FLOOR = 5, 150, 150
_FEW = {
    "warm_exec": (peers.warm_exec, 40),
    "control_master": (peers.control_master, 30),
    "cold_ssh": (peers.cold_ssh, 6),
}
_LEAVE_OUT = 3
"""The first samples of a round: connections and caches come up."""

Samples = dict[str, list[float]]


def measure(directory: Path) -> list[Figure]:
    """Measure floor, corridor and peers in turns; some minutes. `directory` must be private."""
    with ahead_of_neighbours(), staged(directory) as scene:
        samples = asyncio.run(_in_turns(scene))
    with staged(directory / "rulebook") as scene:  # a Java machine is no work to let go before all others
        samples |= rulebook.measure(scene)
    return [figure for _, how in _MODES for figure in (*_corridor(samples, how), *_peers(samples, how))]


async def _in_turns(scene: Scene) -> Samples:
    samples: Samples = {}
    for _ in range(ROUNDS):
        for rest_s, how in _MODES:
            await _party(samples, scene, f"floor{how}", peers.floor(scene), FLOOR, rest_s)
            start, stop = await ours.run(scene, SHOWS, rest_s)
            for name, timings in (("start", start), ("stop", stop)):
                _keep(samples, f"{name}{how}", timings.acknowledged)
                _keep(samples, f"{name}_heard{how}", timings.heard)
            for name, (peer, count) in _FEW.items():
                await _party(samples, scene, f"{name}{how}", peer(scene), count, rest_s)
    return samples


async def _party(samples: Samples, scene: Scene, name: str, opened: Opened, count: int, rest_s: float) -> None:  # noqa: PLR0917
    async with opened as react:
        _keep(samples, name, await peers.timed(scene, react, count + _LEAVE_OUT, rest_s))


def _keep(samples: Samples, name: str, taken: Sequence[float]) -> None:
    samples.setdefault(name, []).extend(each / 1000 for each in taken[_LEAVE_OUT:])


_MODES = ((REST_S, ""), (0.0, "_busy"))
_WORDS = {"": "at rest", "_busy": "back to back"}
_FLOOR = "raw netlink read + one byte through `cat` on an open asyncssh channel"
_ROWS = (
    ("uevent_to_ack", "start", "START: uevent → 12 guards → `motor run` acknowledged", 2.0, 10.0),
    ("uevent_to_ack_stop", "stop", "STOP: uevent → `dowser close`, first of 4 commands, acknowledged", 2.0, 10.0),
    ("uevent_heard", "start_heard", "of START: uevent → in the hall's mailbox (pyudev, parser)", None, None),
)


def _corridor(samples: Samples, how: str) -> list[Figure]:
    figures = []
    for name, key, words, most, most_p99 in _ROWS:
        taken, floor = samples[f"{key}{how}"], samples[f"floor{how}"]
        says, count = f"{words}, {_WORDS[how]}", len(taken)
        figures += [
            Figure(f"{name}{how}_p50", f"{says}, p50", p50(taken), "ms", count, p50(floor), _FLOOR, most),
            Figure(f"{name}{how}_p99", f"{says}, p99", p99(taken), "ms", count, p99(floor), f"{_FLOOR}, p99", most_p99),
        ]
    return figures


_PEERS = {
    "warm_exec": ("asyncssh, open connection, a new channel for `true`", None),
    "control_master": ("`ssh host true` through a ControlMaster", 12.0),
    "cold_ssh": ("`ssh host true`", 200.0),
    rulebook.NAME: ("Event-Driven Ansible: webhook → rulebook → `true` over ssh", 1000.0),
}


def _peers(samples: Samples, how: str) -> list[Figure]:
    ours_ms, figures = p50(samples[f"start{how}"]), []
    for name, (words, aim) in _PEERS.items():
        if taken := samples.get(f"{name}{how}"):
            says = f"{words}, {_WORDS[how]}, p50"
            figures.append(
                Figure(f"{name}{how}_p50", says, p50(taken), "ms", len(taken), ours_ms, "START", aim, at_least=True)
            )
    return figures
