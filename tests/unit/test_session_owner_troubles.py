# SPDX-License-Identifier: Apache-2.0
"""What a session's owner makes of servers, links and devices that fail; in virtual time, leaving no task behind."""

import asyncio

import pytest

from adapters.ssh.errors import HostKeyRefused, Unreachable
from statemachines import session_events as se
from statemachines.events import CommandOverdue, ConditionRaised, SessionLost, SessionUp
from statemachines.session_value import SessionState
from tests.support.model_device import CommandLine, HelloLine
from tests.support.session_rig import ROLE, Rig, tell
from tests.support.virtual_time import now_ns

S = 1_000_000_000
MS = 1_000_000
NO_ROUTE = Unreachable("hall1:22", "no route")


def test_three_unanswered_pings_end_a_session_and_it_comes_back() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        link.mute, silent = True, now_ns()
        await rig.until_state(SessionState.BACKING_OFF)
        assert now_ns() - silent <= 5 * S
        assert rig.all(SessionLost) == [SessionLost(role=ROLE, reason="no answer to ping within 1 s")]
        await rig.until_state(SessionState.UP)
        assert await rig.result(rig.order()) == "ok"
        assert rig.device.gate.gen == 2

    tell(story)


def test_a_rotation_that_is_due_when_its_link_is_lost_wedges_nothing() -> None:
    """A controller that had stood still found both at once; the session was being opened for ever after."""

    async def story(rig: Rig) -> None:
        link = await rig.up()
        link.mute = True
        asyncio.get_running_loop().call_later(2, rig.post, se.RotationAsked(role=ROLE))
        rig.order()
        await rig.until_state(SessionState.BACKING_OFF)
        await rig.until_state(SessionState.UP)
        assert await rig.result(rig.order()) == "ok"

    tell(story)


def test_one_slow_ping_ends_nothing() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        await asyncio.sleep(1)
        link.mute = True
        await asyncio.sleep(3)
        link.mute = False
        await asyncio.sleep(30)
        assert rig.session.state is SessionState.UP
        assert rig.owner.view(rig.session, now_ns()).rtt_us == 1000

    tell(story)


def test_an_overdue_command_closes_and_reopens_the_session() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        link.mute = True
        seq, asked = rig.order(), now_ns()
        assert await rig.result(seq) == "failed:unknown"
        assert (now_ns() - asked) // MS == 2000
        assert rig.all(CommandOverdue) == [CommandOverdue(role=ROLE, cmd_seq=seq)]
        await rig.until(lambda: rig.session.link_gen == 2)
        assert await rig.result(rig.order()) == "ok"
        assert [act.seq for act in rig.device.acts] == [seq + 1]

    tell(story)


def test_a_link_that_breaks_answers_what_is_unanswered() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        seq = rig.order()
        link.lose("connection reset")
        assert await rig.result(seq) == "failed:unknown"
        await rig.until_state(SessionState.BACKING_OFF)
        assert rig.all(SessionLost)[0].reason == "link lost: connection reset"

    tell(story)


def test_a_refused_host_key_is_tried_once_a_minute_and_not_more() -> None:
    async def story(rig: Rig) -> None:
        rig.opener.always = HostKeyRefused("hall1:22", ["SHA256:a"], "SHA256:b")
        rig.post(se.SessionWanted(role=ROLE))
        await asyncio.sleep(605)
        assert len(rig.opener.asked_ns) == 11
        assert len(rig.all(SessionLost)) == 1
        rig.opener.always = None
        rig.post(se.RotationAsked(role=ROLE))
        await rig.until_state(SessionState.UP)

    tell(story)


def test_an_unreachable_server_is_tried_with_backoff() -> None:
    async def story(rig: Rig) -> None:
        rig.opener.always = NO_ROUTE
        rig.post(se.SessionWanted(role=ROLE))
        await asyncio.sleep(300)
        waits = [later - sooner for sooner, later in zip(rig.opener.asked_ns, rig.opener.asked_ns[1:], strict=False)]
        assert waits[0] < S
        assert max(waits) <= 15 * S + 60 * MS
        assert len(waits) < 40
        assert "no route" in rig.all(SessionLost)[0].reason

    tell(story)


def test_an_opener_that_hangs_is_given_up() -> None:
    async def story(rig: Rig) -> None:
        rig.opener.hangs = True
        rig.post(se.SessionWanted(role=ROLE))
        await rig.until_state(SessionState.BACKING_OFF, limit_s=121)
        assert "no link within 120 s" in rig.all(SessionLost)[0].reason

    tell(story)


def test_an_opener_that_hangs_in_a_rotation_is_given_up_and_the_link_in_use_is_as_good_as_before() -> None:
    async def story(rig: Rig) -> None:
        await rig.up()
        rig.opener.hangs = True
        rig.post(se.RotationAsked(role=ROLE))
        await rig.until_state(SessionState.ROTATING)
        await rig.until_state(SessionState.UP, limit_s=121)
        assert (rig.session.link_gen, rig.all(SessionLost)) == (1, [])
        assert await rig.result(rig.order()) == "ok"
        rig.opener.hangs = False
        await rig.until(lambda: rig.session.link_gen == 3)

    tell(story)


@pytest.mark.parametrize("rotating", [False, True])
def test_an_agent_that_never_answers_its_greeting_is_given_up(rotating: bool) -> None:
    async def story(rig: Rig) -> None:
        if rotating:
            await rig.up()
        rig.opener.opened.clear()
        rig.post(se.RotationAsked(role=ROLE) if rotating else se.SessionWanted(role=ROLE))
        await rig.opener.opened.wait()
        rig.opener.links[2 if rotating else 1].mute = True
        await rig.until_state(SessionState.BACKING_OFF, limit_s=3)
        await rig.until_state(SessionState.UP)
        assert await rig.result(rig.order()) == "ok"

    tell(story)


@pytest.mark.parametrize(("fed", "gone_s"), [(False, 10), (True, 1)])
def test_a_device_that_ran_on_without_us_is_told_when_the_link_is_back(fed: bool, gone_s: float) -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        assert [event.lease_ended for event in rig.all(SessionUp)] == [False], "nobody held it before"
        rig.opener.always = NO_ROUTE
        link.lose("the cable is out")
        await asyncio.sleep(gone_s)
        rig.device.lease_fed, rig.opener.always = fed, None
        await rig.until(lambda: len(rig.all(SessionUp)) == 2)
        assert rig.all(SessionUp)[-1].lease_ended is not fed

    tell(story)


@pytest.mark.parametrize("trouble", [NO_ROUTE, ValueError("the CA file cannot be read")])
def test_a_rotation_that_fails_is_not_noticed_by_the_hall(trouble: Exception) -> None:
    async def story(rig: Rig) -> None:
        await rig.up()
        rig.opener.troubles = [trouble, trouble]
        rig.post(se.RotationAsked(role=ROLE))
        await rig.until(lambda: rig.session.link_gen == 4)
        assert await rig.result(rig.order()) == "ok"
        assert not rig.all(SessionLost)
        assert rig.session.last_error is not None
        assert str(trouble) == rig.session.last_error.words

    tell(story)


def test_at_its_certificates_end_a_session_is_closed_and_nothing_goes_over_it() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        minted_ns = rig.session.minted_ns
        rig.opener.always = NO_ROUTE
        while not link.is_closed:
            rig.order()
            await asyncio.sleep(0.5)
        assert 900 * S <= now_ns() - minted_ns <= 902 * S
        assert rig.all(ConditionRaised)[0].alarm == "certificate_not_renewed_projection"
        results = rig.results()
        acted = {act.seq for act in rig.device.acts}
        assert {seq for seq, result in results.items() if result == "ok"} == acted
        assert {results[seq] for seq in results if seq not in acted} <= {"failed:down", "failed:unknown"}

    tell(story)


def test_who_is_superseded_notices_it_by_the_first_answer() -> None:
    async def story(rig: Rig) -> None:
        await rig.up()
        rig.device.lease_fed = False
        rig.device.hello(HelloLine(2, 1, "other", 0))
        rig.device.command(CommandLine(2, 1, 1, "lights", "other"))
        assert await rig.result(rig.order()) == "refused:stale"
        await rig.until_state(SessionState.BACKING_OFF)
        await rig.until(lambda: rig.session.last_error is not None and rig.session.last_error.type == "hello_refused")
        assert [act.label for act in rig.device.acts] == ["other"]

    tell(story)


def test_a_session_that_breaks_while_its_successor_is_being_opened_comes_back() -> None:
    async def story(rig: Rig) -> None:
        link = await rig.up()
        rig.post(se.RotationAsked(role=ROLE))
        await rig.until_state(SessionState.ROTATING)
        link.lose("cable")
        await rig.until(lambda: rig.session.link_gen == 3)
        assert await rig.result(rig.order()) == "ok"
        assert 2 not in rig.opener.links

    tell(story)


@pytest.mark.parametrize("rotating", [False, True])
def test_a_defect_of_ours_costs_one_attempt_and_not_the_session(rotating: bool) -> None:
    async def story(rig: Rig) -> None:
        rig.opener.defects = 1
        if rotating:
            rig.opener.defects = 0
            await rig.up()
            rig.opener.defects = 1
            rig.post(se.RotationAsked(role=ROLE))
        else:
            rig.post(se.SessionWanted(role=ROLE))
        await rig.until_state(SessionState.BACKING_OFF)
        await rig.until_state(SessionState.UP)
        assert rig.session.last_error is not None
        assert rig.session.last_error.words == "a defect"
        assert await rig.result(rig.order()) == "ok"

    tell(story)
