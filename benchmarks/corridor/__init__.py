# SPDX-License-Identifier: Apache-2.0
"""From a kernel event to a command that its device has acknowledged, beside a floor and what people use today."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from benchmarks.corridor import ours, peers, rulebook
from benchmarks.corridor.peers import Opened
from benchmarks.corridor.scene import REST_S, Scene, ahead_of_neighbours, staged
from benchmarks.measure import Figure, p50, p99

ROUNDS, SHOWS, FLOOR = 5, 100, 100
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
    return [*_corridor(samples), *_peers(samples)]


async def _in_turns(scene: Scene) -> Samples:
    samples: Samples = {}
    for _ in range(ROUNDS):
        for rest_s, how in ((REST_S, ""), (0.0, "_busy")):
            await _party(samples, scene, f"floor{how}", peers.floor, FLOOR, rest_s)
            start, stop = await ours.run(scene, SHOWS, rest_s)
            for name, timings in (("start", start), ("stop", stop)):
                _keep(samples, f"{name}{how}", timings.acknowledged)
                _keep(samples, f"{name}_heard{how}", timings.heard)
        for name, (peer, count) in _FEW.items():
            await _party(samples, scene, name, peer, count, REST_S)
    return samples


async def _party(  # noqa: PLR0917  # in the order of the tables above
    samples: Samples, scene: Scene, name: str, opened: Opened, count: int, rest_s: float
) -> None:
    async with opened(scene) as react:
        _keep(samples, name, await peers.timed(scene, react, count + _LEAVE_OUT, rest_s))


def _keep(samples: Samples, name: str, taken: Sequence[float]) -> None:
    samples.setdefault(name, []).extend(each / 1000 for each in taken[_LEAVE_OUT:])


_FLOOR = "raw netlink read + one byte through `cat` on an open asyncssh channel"
_ROWS = (
    ("uevent_to_ack", "start", "floor", "START: uevent → 12 guards → `motor run` acknowledged", 2.0, 10.0),
    (
        "uevent_to_ack_stop",
        "stop",
        "floor",
        "STOP: uevent → `dowser close`, first of 4 commands, acknowledged",
        2.0,
        10.0,
    ),
    ("uevent_heard", "start_heard", "floor", "of START: uevent → in the hall's mailbox (pyudev, parser)", None, None),
    ("uevent_to_ack_busy", "start_busy", "floor_busy", "START, events back to back", None, None),
)


def _corridor(samples: Samples) -> list[Figure]:
    figures = []
    for name, key, beside, says, most, most_p99 in _ROWS:
        taken, floor = samples[key], samples[beside]
        figures += [
            Figure(f"{name}_p50", f"{says}, p50", p50(taken), "ms", len(taken), p50(floor), _FLOOR, most),
            Figure(f"{name}_p99", f"{says}, p99", p99(taken), "ms", len(taken), p99(floor), f"{_FLOOR}, p99", most_p99),
        ]
    return figures


_PEERS = {
    "warm_exec": ("asyncssh, open connection, a new channel for `true`", None),
    "control_master": ("`ssh host true` through a ControlMaster", 12.0),
    "cold_ssh": ("`ssh host true`", 200.0),
    rulebook.NAME: ("Event-Driven Ansible: webhook → rulebook → `true` over ssh", 1000.0),
}


def _peers(samples: Samples) -> list[Figure]:
    ours_ms = p50(samples["start"])
    return [
        Figure(f"{name}_p50", f"{says}, p50", p50(taken), "ms", len(taken), ours_ms, "START", aim, at_least=True)
        for name, (says, aim) in _PEERS.items()
        if (taken := samples.get(name))
    ]
