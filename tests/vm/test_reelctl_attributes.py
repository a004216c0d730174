# SPDX-License-Identifier: Apache-2.0
"""What a device's attributes take and refuse. What is refused changes nothing."""

import asyncio
import re

from adapters.ssh.link import AgentLink, open_link
from statemachines.snapshot import parse_snapshot
from tests.vm.guest import Guest
from tests.vm.seat import Seat, stand_by

MALFORMED = (
    b"\n",
    b" ",
    b"\0",
    b"\xff\xfe\x00\x80",
    b"a" * 8192,
    b"1 1 1 " + b"a" * 600 + b"\n",
    b"1 1 1\n\n",
    b"-1 1 1 clear\n",
    b"1 1 0x1 clear\n",
    b"1 1 1111111111111111111 clear\n",
)
OF = {
    "command": (
        *MALFORMED,
        b"1 1 1\n",
        b"1 1 1 \n",
        b" 1 1 1 motor run\n",
        b"1 1 1 motor  run\n",
        b"1 1 1 motor run \n",
        b"1 1 1 motor run now\n",
        b"1 1 1 Motor run\n",
        b"1 1 1 motor run\r\n",
        b"1 1 1 motor run\0\n",
        b"1 1 1 motor run\n1 1 2 motor run\n",
        b"1 1 1 motor\trun\n",
    ),
    "claim": (*MALFORMED, b"2 1 other\n", b"2 1 Other 0\n", b"2 1 seventeenletterss 0\n", b"2 1 other 0 0\n"),
    "lease": (*MALFORMED, b"1\n", b"1 1 \n", b"1 1 1\n"),
    "self_test": (*MALFORMED, b"0\n", b"11", b"1\n1\n", b"1 1\n"),
}
READ_ONLY = ("abi_version", "snapshot", "ring", "safety_ring", "result")


def state_of(seat: Seat) -> list[str]:
    """Return what a write could have changed, but for what time itself changes."""
    said = [seat.guest.sh(f"cat {seat.directory}/{name}") for name in ("snapshot", "result", "self_test")]
    return [re.sub(r"\b(ns|seq|lease)=\w+", "", line) for line in said]


def test_a_malformed_write_is_refused_and_changes_nothing(guest: Guest) -> None:
    seat = stand_by(guest)
    seat.bring_poke()
    before = state_of(seat)
    for attribute, writes in OF.items():
        assert set(seat.poke(attribute, writes)) == {"EINVAL"}, attribute
        assert seat.poke(attribute, [b""]) == ["0"]
        assert seat.poke(attribute, [b"1"], user="65534 65534") == ["EACCES"]
    for attribute in READ_ONLY:
        assert seat.poke(attribute, [b"1\n"])[0] in {"EINVAL", "EIO", "EPERM", "EACCES"}, attribute
        assert seat.poke(attribute, [b"1\n"], user="65534 65534") == ["EACCES"]
    assert state_of(seat) == before


def test_group_reel_and_nobody_else_may_command(guest: Guest) -> None:
    seat = Seat(guest)
    modes = guest.sh(f"cd {seat.directory} && stat -c '%n %a %G' claim command lease result ring self_test snapshot")
    assert modes.splitlines() == [
        "claim 220 reel",
        "command 220 reel",
        "lease 220 reel",
        "result 440 reel",
        "ring 440 reel",
        "self_test 660 reel",
        "snapshot 440 reel",
    ]


def test_only_the_newest_claim_is_obeyed_and_each_number_acts_once(guest: Guest) -> None:
    seat = Seat(guest)
    assert seat.answer_to("command", "1 1 1 lights down") == "refused:stale"
    assert seat.claim() == "ok"
    assert seat.order("lights down") == "ok"
    assert seat.answer_to("command", "1 1 1 lights up") == "ok"  # from memory: it is not done
    assert guest.snapshot("h1")["lights"] == "down"
    assert seat.answer_to("command", "1 1 3 lights up") == "refused:gap"
    assert seat.answer_to("command", "1 2 2 lights up") == "refused:gap"
    assert seat.answer_to("command", "2 1 2 lights up") == "refused:gap"
    assert seat.answer_to("command", "1 0 2 lights up") == "refused:stale"
    assert seat.answer_to("command", "1 1 2 curtain open") == "refused:verb"
    assert seat.answer_to("command", "1 1 2 query") == "refused:verb"
    assert seat.answer_to("command", "1 1 9 safe_stop") == "ok"
    assert seat.answer_to("claim", "1 2 other 20") == "refused:held"
    assert seat.answer_to("claim", "1 1 seat 20") == "refused:stale"
    assert seat.answer_to("claim", "1 2 seat 20") == "ok"
    assert seat.answer_to("command", "1 2 20 query") == "failed:unknown"
    state = guest.snapshot("h1")
    assert (state["fence"], state["gen"], state["last"], state["lights"]) == ("1", "2", "20", "down")


async def _link(guest: Guest) -> AgentLink:
    return await open_link(guest.address, guest.credential("h1", "projection"), limit_s=30)


async def test_of_two_agents_only_the_newer_acts(guest: Guest) -> None:
    older, newer = await asyncio.gather(_link(guest), _link(guest))
    await older.hello("h1", "projection", 1, 1, "one", 0, 20)
    assert await older.command(1, 1, 1, "lights", "down") == "ok"
    await newer.hello("h1", "projection", 2, 1, "one", 1, 20)
    asked = [
        (older.command(1, 1, seq, "lights", "up"), newer.command(2, 1, seq, "lights", "down")) for seq in range(2, 22)
    ]
    assert {(await stale, await fresh) for stale, fresh in asked} == {("refused:stale", "ok")}
    assert parse_snapshot(guest.sh("cat /sys/class/reel/h1-projection/snapshot")).last == 21
    assert guest.snapshot("h1")["lights"] == "down"
    await asyncio.gather(older.close(10), newer.close(10))
