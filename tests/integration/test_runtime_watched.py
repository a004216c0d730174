# SPDX-License-Identifier: Apache-2.0
"""Halls that are heard over watch links: by real sshd, udevadm and uevents, cut off and found again."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from statemachines.record import Record
from statemachines.words import Role, State
from tests.support.multiplex import Multiplex

pytestmark = [
    pytest.mark.real_sshd,
    pytest.mark.real_uevents,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may have the kernel send uevents"),
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Multiplex]:
    with Multiplex(tmp_path, uevents=True, sshd=True, watched=Role, feet=2000) as made:
        yield made


@pytest.fixture
def mixed(tmp_path: Path) -> Iterator[Multiplex]:
    """The projector is heard by this machine's own kernel events, the sound rack over a watch link."""
    with Multiplex(tmp_path, uevents=True, sshd=True, watched=(Role.SOUND,), feet=2000) as made:
        yield made


def told(site: Multiplex, kind: str) -> list[tuple[str, str]]:
    return [(row.payload["role"], row.payload.get("reason", "")) for row in site.rows("h1") if row.kind == kind]


def numbered(rows: list[Record], role: Role) -> list[int]:
    """Return the numbers of a device's events as they were stepped, but for the break: that overtakes all others."""
    return [row.hw_seq for row in rows if row.hw_seq and row.payload["role"] == role and row.kind != "film_broke"]


def the_break(site: Multiplex) -> list[Record]:
    """Wait for the fault, and for what the devices said after it; return the hall's rows: none twice, none lost."""
    site.until_state("h1", State.FAULT)
    site.until("both are heard again", lambda: {role for role, _why in told(site, "watch_up")} == set(Role))
    rows = [row for row in site.rows("h1") if row.subject == "hall"]
    for role in Role:
        assert numbered(rows, role) == sorted(set(numbered(rows, role)))
    assert not [row for row in rows if row.kind == "events_lost"]
    assert [row.kind for row in rows].count("film_broke") == 1
    return rows


def test_a_break_while_sshd_is_down_is_learned_of_in_order(site: Multiplex) -> None:
    assert site.sshd is not None
    site.start()
    site.project("h1")
    site.sshd.end()
    site.until("both roles are told", lambda: {role for role, _why in told(site, "watch_lost")} == set(Role))
    assert all("the watch link to watched is down" in why for _role, why in told(site, "watch_lost"))
    assert site.hall("h1").state is State.PROJECTING
    site.do("h1 fault break")
    site.sshd.start()
    rows = the_break(site)
    broke = next(row for row in rows if row.kind == "film_broke")
    assert broke.source == "ring"
    assert site.hall("h1").fault.cause == "film_break"


def test_a_break_while_the_runtime_is_dead_and_sshd_is_down_is_learned_of_at_the_start(site: Multiplex) -> None:
    assert site.sshd is not None
    site.start()
    site.project("h1")
    site.kill()
    site.sshd.end()
    site.do("h1 fault break")
    site.launch()
    site.until("it knows that it hears nothing", lambda: len(told(site, "watch_lost")) == 2)
    site.sshd.start()
    site.until("it has read its hardware", lambda: site.is_recovered("h1"))
    the_break(site)
    assert site.hall("h1").fault.cause == "film_break"


def test_one_role_is_heard_here_and_the_other_over_a_link(mixed: Multiplex) -> None:
    mixed.start()
    mixed.project("h1")
    mixed.until("timecode is heard", lambda: any(row.kind == "timecode_read" for row in mixed.rows("h1")))
    links = mixed.rows("server:watched", "watch:watched")
    assert [row.kind for row in links] == ["watch_link_up"]
    assert mixed.rows("server:sshd") == []
    mixed.until("others' words are counted", lambda: figures(mixed)["malformed"].get("not its seat", 0) > 5)
    counted = figures(mixed)["heard"]
    assert (counted["duplicates"], counted["lost"]) == (0, 0)
    status = mixed.ask("keys", "status", "--state", mixed.state).stdout
    assert f"watched watch link: up, serial {links[0].payload['serial']}, since " in status


def listens(site: Multiplex) -> None:
    """Wait until the watch link is open: a hall that has read its hardware waits for no link."""
    site.until("the watch link is open", lambda: bool(site.rows("server:watched")))


def test_a_revoked_watch_key_is_replaced_and_refused_from_then_on(mixed: Multiplex) -> None:
    mixed.start()
    listens(mixed)
    (first,) = mixed.rows("server:watched")
    serial = first.payload["serial"]
    assert mixed.ask("keys", "revoke", str(serial), "--config", mixed.config).returncode == 0
    mixed.until("the link has another key", lambda: len(mixed.rows("server:watched")) > 1)
    second = mixed.rows("server:watched")[1]
    assert second.kind == "watch_link_rotated"
    assert second.payload["serial"] > serial
    assert told(mixed, "watch_lost") == []


def test_the_log_with_a_servers_stream_verifies_and_replays(mixed: Multiplex) -> None:
    mixed.start()
    listens(mixed)
    assert mixed.end() == 0
    verified = mixed.ask("log", "verify", "--state", mixed.state)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "2 streams" in verified.stdout
    replayed = mixed.ask("replay", mixed.state)
    assert "server:watched: 1 rows" in replayed.stdout
    assert "states, effects and hashes are as logged" in replayed.stdout, replayed.stderr


def figures(site: Multiplex) -> dict[str, dict[str, int]]:
    """Return the runtime's newest figures; it has told some when it has recovered."""
    site.now("h1")  # it turns Django to this site
    from adapters.store.models import RuntimeNow

    told: dict[str, dict[str, int]] = msgspec.json.decode(RuntimeNow.objects.get().figures)
    return told
