# SPDX-License-Identifier: Apache-2.0
"""A session's owner over fake links, with the real session machine, in virtual time; no task may be left behind."""

import asyncio

import pytest

from adapters.ssh.errors import LinkError, LinkLost
from statemachines import session_events as se
from statemachines.effects import CancelTimer
from statemachines.events import SessionLost, SessionUp
from statemachines.session_value import SessionState
from statemachines.words import Verb
from tests.support.session_rig import ROLE, Rig, tell
from tests.support.virtual_time import now_ns, run_virtual

S = 1_000_000_000
MS = 1_000_000


def test_commands_flow_over_an_open_session() -> None:
    async def story(rig: Rig) -> None:
        await rig.up()
        assert rig.all(SessionUp) == [SessionUp(role=ROLE, gen=1, last=0)]
        orders = [rig.order(), rig.order(), rig.order(Verb.SAFE_STOP)]
        assert [await rig.result(seq) for seq in orders] == ["ok"] * 3
        assert [act.seq for act in rig.device.acts] == [1, 2, 3]

    tell(story)


def test_a_command_for_a_session_that_is_not_up_is_answered_at_once() -> None:
    async def story(rig: Rig) -> None:
        assert await rig.result(rig.order(safety=True)) == "failed:down"
        rig.post(se.SessionWanted(role=ROLE))
        await rig.opener.opened.wait()
        assert await rig.result(rig.order()) == "failed:down"  # hello is on its way
        await rig.until_state(SessionState.UP)
        assert await rig.result(rig.order()) == "ok"

    tell(story)


def test_after_a_restart_the_numbers_go_on_where_the_log_ended() -> None:
    async def story(rig: Rig) -> None:
        await rig.up()
        assert await rig.result(rig.order()) == "ok"
        assert rig.device.acts[0].seq == 42

    tell(story, highest=41)


def test_keys_rotate_while_commands_flow_and_nothing_is_lost_or_doubled() -> None:
    async def story(rig: Rig) -> None:
        first = await rig.up()
        began = now_ns()
        while rig.session.link_gen < 3:
            rig.order()
            await asyncio.sleep(0.5)
        await rig.result(rig.order())
        assert now_ns() - began <= 2 * 600 * S
        assert set(rig.results().values()) == {"ok"}
        acted = [act.seq for act in rig.device.acts]
        assert acted == list(range(1, rig.seq + 1))
        assert {act.gen for act in rig.device.acts} == {1, 2, 3}
        assert first.is_closed
        assert not rig.all(SessionLost)

    tell(story)


def test_a_safe_stop_during_a_rotation_leaves_a_mute_link_within_250_ms() -> None:
    async def story(rig: Rig) -> None:
        old = await rig.up()
        old.mute = True
        rig.order()
        rig.opener.opened.clear()
        rig.post(se.RotationAsked(role=ROLE))
        await rig.opener.opened.wait()
        asked = now_ns()
        seq = rig.order(Verb.SAFE_STOP, safety=True)
        assert await rig.result(seq) == "ok"
        assert now_ns() - asked <= 260 * MS
        assert rig.results()[seq - 1] == "refused:gap"
        assert [act.seq for act in rig.device.acts] == [seq]

    tell(story)


def test_an_unwanted_session_says_good_bye_and_is_drained() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        rig.post(se.SessionUnwanted(role=ROLE))
        await rig.until_state(SessionState.DOWN)
        assert link.is_closed
        assert len(rig.all(se.LinksDrained)) == 1
        assert await rig.result(rig.order()) == "failed:down"

    tell(story)


def test_opening_is_cut_short_when_the_session_is_unwanted() -> None:
    async def story(rig: Rig) -> None:
        rig.opener.hangs = True
        rig.post(se.SessionWanted(role=ROLE))
        await rig.until_state(SessionState.CONNECTING)
        rig.post(se.SessionUnwanted(role=ROLE))
        await rig.until_state(SessionState.DOWN, limit_s=1)

    tell(story)


def test_closing_ends_within_its_limit_whatever_the_other_side_does() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        link.rude = True
        began = now_ns()
        await rig.owner.close(10)
        assert now_ns() - began <= 5 * S
        await rig.owner.close(10)

    tell(story)


def test_a_close_with_no_patience_leaves_no_task() -> None:
    async def story() -> None:
        rig = Rig()
        link = await rig.up()
        link.rude = True
        await rig.owner.close(0.1)

    run_virtual(story())


def test_snapshot_and_ring_are_read_over_the_link_in_use() -> None:
    async def story(rig: Rig) -> None:
        with pytest.raises(LinkLost, match="projection session of hall h1 is not up"):
            await rig.owner.read_snapshot(1)
        link = await rig.up()
        assert (await rig.owner.read_snapshot(1)).epoch == rig.device.epoch
        assert [line.seq for line in await rig.owner.read_ring(1, 7, 1)] == [7]
        link.mute = True
        with pytest.raises(LinkError, match="no answer to snapshot within 1 s"):
            await rig.owner.read_snapshot(1)

    tell(story)


def test_a_view_shows_the_link_in_use() -> None:
    async def story(rig: Rig) -> None:
        down = rig.owner.view(rig.session, now_ns())
        assert (down.state, down.serial, down.rtt_us, down.key_age_ns) == ("down", 0, None, None)
        await rig.up()
        await asyncio.sleep(10)
        view = rig.owner.view(rig.session, now_ns())
        assert (view.state, view.gen, view.serial, view.rtt_us) == ("up", 1, 101, 1000)
        assert view.key_age_ns is not None
        assert view.key_age_ns // S == 10
        assert view.rotates_in_ns is not None
        assert 550 <= view.rotates_in_ns // S <= 560

    tell(story)


def test_an_effect_of_somebody_else_is_an_error() -> None:
    async def story(rig: Rig) -> None:
        with pytest.raises(ValueError, match="cannot carry out CancelTimer"):
            rig.owner.execute(CancelTimer(name="x"))

    tell(story)
