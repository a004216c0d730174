# SPDX-License-Identifier: Apache-2.0
"""The limit on simultaneous handshakes."""

import asyncio

import pytest

from adapters.ssh.handshakes import HandshakeGate


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Hall:
    """A session that shakes hands until it is told to be done."""

    def __init__(self, gate: HandshakeGate, name: str, priority: int, order: list[str]) -> None:
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._run(gate, name, priority, order))

    async def _run(self, gate: HandshakeGate, name: str, priority: int, order: list[str]) -> None:
        async with gate.admitted(priority):
            order.append(name)
            await self.done.wait()


async def test_halls_with_film_go_first_and_the_limit_holds() -> None:
    gate, order = HandshakeGate(2), list[str]()
    halls = [Hall(gate, name, priority, order) for name, priority in zip("abcdef", (5, 5, 5, 1, 5, 1), strict=True)]
    await _settle()
    assert order == ["a", "b"]
    for hall in halls:
        hall.done.set()
    await asyncio.gather(*(hall.task for hall in halls))
    assert order == ["a", "b", "d", "f", "c", "e"]


async def test_who_gives_up_takes_no_place() -> None:
    gate, order = HandshakeGate(1), list[str]()
    first, second, third = (Hall(gate, name, 1, order) for name in "abc")
    await _settle()
    second.task.cancel()
    await _settle()
    first.done.set()
    await _settle()
    assert order == ["a", "c"]
    third.task.cancel()
    await asyncio.gather(*(hall.task for hall in (first, second, third)), return_exceptions=True)
    async with asyncio.timeout(1), gate.admitted(1):
        pass


async def test_a_turn_that_comes_while_one_gives_up_is_handed_on() -> None:
    gate, order = HandshakeGate(1), list[str]()
    first, second, third = (Hall(gate, name, 1, order) for name in "abc")
    await _settle()
    first.done.set()
    await asyncio.sleep(0)  # first leaves: second's turn is set, but second has not run yet
    second.task.cancel()
    await _settle()
    assert order == ["a", "c"]
    third.done.set()
    await asyncio.gather(first.task, third.task)


def test_a_gate_that_lets_nobody_through_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        HandshakeGate(0)
