# SPDX-License-Identifier: Apache-2.0
"""An alarm that nobody acknowledges reaches people who look at no board: once, and once more when it is over."""

import asyncio
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from statemachines import events as e
from statemachines.words import Role
from tests.web.support.access import describe
from tests.web.support.hook import Hook
from tests.web.support.lived import log_of, show_life
from tests.web.support.watching import SECRET, Watched, addresses, watched
from web.watch import webhook
from web.watch.models import Telling


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook().listening() as listening:
        yield listening


@pytest.fixture
def site(state: Path, hook: Hook) -> Iterator[Watched]:
    describe()
    with log_of(state) as log, watched(log, addresses(webhook=hook.url)) as site:
        yield site


def break_film(site: Watched) -> None:
    site.hall.hear(e.FilmBroke)
    site.look()


def test_an_alarm_is_told_when_nobody_has_acknowledged_it_for_60_s(site: Watched, hook: Hook) -> None:
    break_film(site)
    site.wait(58)
    assert hook.posted == []
    site.wait(3)
    [told] = hook.told
    assert (told["hall"], told["hall_name"], told["alarm"], told["stage"]) == ("h1", "Hall 1", "film_break", "raised")
    assert told["words"].startswith("The film broke: thread it again. It is so since ")
    assert told["since_ms"] == site.hall.hall.alarms[0].since_ns // 1_000_000


def test_what_is_posted_is_signed_and_goes_to_the_very_address(site: Watched, hook: Hook) -> None:
    break_film(site)
    site.wait(61)
    [posted] = hook.posted
    expected = hmac.new(SECRET.encode(), posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Projectionist-Signature"] == f"sha256={expected}"
    assert posted.path == "/booth?key=hush-hush"


def test_it_is_told_once_however_long_it_lasts_and_however_often_the_web_starts(site: Watched, hook: Hook) -> None:
    break_film(site)
    for _ in range(3):
        site.wait(61)
        site.restart()
    site.wait(3600)
    assert len(hook.posted) == 1


def test_two_web_processes_tell_it_once(site: Watched, hook: Hook) -> None:
    other = site.another()
    break_film(site)
    site.later(61)

    async def both() -> None:
        await asyncio.gather(*(each.turn() for each in (site.watcher, other) for _ in range(3)))

    asyncio.run(both())
    assert len(hook.posted) == 1


def test_its_acknowledgement_is_told_too(site: Watched, hook: Hook) -> None:
    break_film(site)
    site.wait(61)
    site.hall.ask("acknowledge")
    site.wait(1)
    site.wait(1)
    raised, over = hook.told
    assert (over["stage"], over["alarm"], over["since_ms"]) == ("over", "film_break", raised["since_ms"])
    assert over["words"].startswith("A person has acknowledged it. It was: The film broke")


def test_that_its_cause_is_gone_is_told_too(site: Watched, hook: Hook) -> None:
    site.hall.lost(Role.SOUND)
    site.wait(61)
    site.hall.up(Role.SOUND)
    site.wait(1)
    assert [told["stage"] for told in hook.told] == ["raised", "over"]
    assert "Its cause is gone" in hook.told[1]["words"]


@pytest.mark.parametrize("ends", ["acknowledged", "returned"])
def test_what_is_over_in_time_is_never_told(site: Watched, hook: Hook, ends: str) -> None:
    site.hall.lost(Role.SOUND)
    site.wait(30)
    if ends == "acknowledged":
        site.hall.ask("acknowledge", "session_lost_sound")
    else:
        site.hall.up(Role.SOUND)
    site.wait(300)
    assert hook.posted == []
    assert Telling.objects.count() == 0


def test_it_is_told_anew_when_it_comes_again(site: Watched, hook: Hook) -> None:
    for _ in range(2):
        site.hall.lost(Role.SOUND)
        site.wait(61)
        site.hall.ask("acknowledge", "session_lost_sound")
        site.hall.up(Role.SOUND)
        site.wait(1)
    assert [told["stage"] for told in hook.told] == ["raised", "over"] * 2


def test_consequences_are_told_with_their_root_and_never_by_themselves(site: Watched, hook: Hook) -> None:
    break_film(site)
    site.hall.due("stop_confirm")
    site.wait(61)
    [told] = hook.told
    assert told["alarm"] == "film_break"
    assert "With it: the projector has not confirmed the stop" in told["words"]


def test_what_is_shelved_is_told_only_60_s_after_its_shelving(site: Watched, hook: Hook) -> None:
    site.hall.lost(Role.SOUND)
    site.wait(61)
    site.hall.ask("shelve", "session_lost_sound", minutes=30)
    site.wait(1)
    assert [told["stage"] for told in hook.told] == ["raised", "over"]
    assert "A person has shelved it until" in hook.told[1]["words"]
    site.wait(29 * 60)
    assert len(hook.posted) == 2
    site.wait(60)
    site.hall.due("unshelve:session_lost_sound")
    site.wait(30)
    assert len(hook.posted) == 2
    site.wait(60)
    assert [told["stage"] for told in hook.told] == ["raised", "over", "raised"]


def test_a_dead_webhook_is_tried_again_later_and_at_last_given_up(site: Watched, hook: Hook) -> None:
    hook.status = 500
    break_film(site)
    site.wait(61)
    row = Telling.objects.get()
    assert (row.tries, row.error, row.told_ns) == (1, "127.0.0.1 answered 500; 2xx was expected", None)
    site.wait(4)
    assert len(hook.posted) == 1
    site.wait(2)
    assert len(hook.posted) == 2
    for _ in range(20):
        site.wait(301)
    assert len(hook.posted) == 8
    assert Telling.objects.get().next_ns is None


def test_a_webhook_that_comes_back_hears_of_what_is_still_so(site: Watched, hook: Hook) -> None:
    hook.status = 503
    break_film(site)
    site.wait(61)
    hook.status = 200
    site.wait(6)
    assert [told["stage"] for told in hook.told] == ["raised", "raised"]
    assert len({told["id"] for told in hook.told}) == 1
    assert Telling.objects.get().error == ""


def test_what_is_over_before_it_could_be_told_is_not_told(site: Watched, hook: Hook) -> None:
    hook.status = 503
    break_film(site)
    site.wait(61)
    site.hall.ask("acknowledge")
    hook.status = 200
    site.wait(600)
    assert len(hook.posted) == 1


def test_what_is_over_while_its_message_is_on_its_way_is_told_as_over(
    site: Watched, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = webhook.post

    async def post_late(address: str, body: bytes, headers: Mapping[str, str]) -> None:
        await sent(address, body, headers)
        if len(hook.posted) == 1:
            await asyncio.to_thread(acknowledged_elsewhere)

    def acknowledged_elsewhere() -> None:
        """Another web process looks before this one has noted that its message arrived."""
        site.hall.ask("acknowledge")
        site.hall.end()
        show_life(at_ns=site.now_ns)
        asyncio.run(site.another().turn())

    monkeypatch.setattr(webhook, "post", post_late)
    break_film(site)
    site.wait(61)
    site.wait(1)
    assert [told["stage"] for told in hook.told] == ["raised", "over"]


def test_a_redirect_is_not_followed(site: Watched, hook: Hook) -> None:
    hook.status = 307
    break_film(site)
    site.wait(61)
    assert [posted.path for posted in hook.posted] == ["/booth?key=hush-hush"]
    assert Telling.objects.get().error == "127.0.0.1 answered 307; 2xx was expected"


def test_a_runtime_without_life_is_told_and_that_it_is_back(site: Watched, hook: Hook) -> None:
    site.wait(58, alive=False)
    assert hook.posted == []
    site.wait(3, alive=False)
    site.wait(100, alive=False)
    [told] = hook.told
    assert (told["hall"], told["alarm"], told["stage"]) == ("", "runtime_dead", "raised")
    assert told["words"].startswith("The controller has shown no life since ")
    site.wait(1)
    assert hook.told[1]["stage"] == "over"


def test_a_runtime_is_missed_only_by_a_web_that_has_waited_for_it(site: Watched, hook: Hook) -> None:
    site.now_ns += 8 * 3600 * 1_000_000_000
    site.restart()
    site.wait(0, alive=False)
    site.wait(30, alive=False)
    assert hook.posted == []
    site.wait(31, alive=False)
    assert [told["alarm"] for told in hook.told] == ["runtime_dead"]
