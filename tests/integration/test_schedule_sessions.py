# SPDX-License-Identifier: Apache-2.0
"""A scheduled show opens its sessions ahead, over a real OpenSSH server; cancelled, it closes them."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from statemachines.settings import MINUTE, SECOND
from statemachines.words import State
from tests.support.multiplex import Multiplex


def are(site: Multiplex, state: str, hall: str = "h1") -> bool:
    return all(session.state == state for session in site.now(hall).sessions)


def plan(site: Multiplex, starts_ns: int, **fields: object) -> str:
    """Plan a show of the hall's own reel through the store, as the web does; return its id."""
    from adapters.store.show_draft import ShowDraft
    from adapters.store.shows import plan_show
    from adapters.store.wake import tell_schedule_changed

    reel = {"title": "Metropolis", "gauge": 35, "feet": (300,)}
    draft = ShowDraft(hall="h1", starts_ns=starts_ns, **{**reel, **fields})  # type: ignore[arg-type]  # each by its own name
    made = plan_show(draft=draft, by="anna", now_ns=time.time_ns())
    assert tell_schedule_changed(site.state, "h1")
    return str(made.id)


@pytest.mark.real_sshd
def test_sessions_open_ahead_of_a_show_and_close_when_it_is_cancelled(tmp_path: Path) -> None:
    with Multiplex(tmp_path, sshd=True) as site:
        site.start()
        site.until("an idle hall has closed its sessions", lambda: are(site, "down"))
        assert site.sshd is not None
        opens_ns = time.time_ns() + 2 * SECOND
        show = plan(site, opens_ns + 15 * MINUTE)
        site.until_row("h1", "show_scheduled")
        assert are(site, "down")
        site.until("both sessions are open", lambda: are(site, "up"))
        opened = site.until_row("h1", "link_opened", after=site.until_row("h1", "show_scheduled").log_seq)
        assert 0 <= opened.at_ns - opens_ns < 3 * SECOND
        assert f"serial {opened.payload['serial']}" in site.sshd.log_text()

        listed = site.ask("shows", "list", "--state", site.state)
        assert "Metropolis" in listed.stdout
        assert show[:8] in listed.stdout
        cancelled = site.ask("shows", "cancel", show[:8], "--state", site.state)
        assert cancelled.stdout.startswith("cancelled: Metropolis, h1, "), cancelled.stderr
        site.until("both sessions are closed", lambda: are(site, "down"))
        assert site.changes("h1") == [State.IDLE]
        assert site.end() == 0
        assert "states, effects and hashes are as logged" in site.ask("replay", site.state).stdout


def test_a_show_that_starts_by_itself_runs_with_its_cues_and_is_done(tmp_path: Path) -> None:
    from statemachines.show import Cue, Start
    from statemachines.words import Verb

    with Multiplex(tmp_path, feet=300) as site:
        site.start()
        site.thread("h1")
        starts_ns = time.time_ns() + 3 * SECOND
        show = plan(site, starts_ns, start=Start.SCHEDULE, cues=(Cue(frame=1200, verb=Verb.LIGHTS, arg="up"),))
        site.until_state("h1", State.PROJECTING)
        started = next(row for row in site.rows("h1", "hall") if row.edge == "threading>projecting:show_due")
        assert 0 <= started.at_ns - starts_ns < SECOND
        assert {"do": "note_show", "show": show, "stage": "began"} in started.effects
        site.until("the cue has moved the lights", lambda: "lights up" in [words for _, words in site.commands("h1")])
        site.until_state("h1", State.REWINDING)
        site.until("it is over", lambda: state_of(site, show) == "done")


def state_of(site: Multiplex, show: str) -> str:
    from uuid import UUID

    from adapters.store.show_runs import runs_of
    from adapters.store.show_runs import state_of as state
    from adapters.store.shows import show_of

    site.rows("h1")
    entry = show_of(show_id=UUID(show))
    return state(entry, runs_of([entry]), time.time_ns())


def test_the_schedule_outlives_the_controller(tmp_path: Path) -> None:
    """A show that was planned before a kill -9 is awaited after it, and one that was cancelled meanwhile is not."""
    with Multiplex(tmp_path) as site:
        site.start()
        show = plan(site, time.time_ns() + 10 * MINUTE)
        site.until("both sessions are open", lambda: are(site, "up"))
        site.kill()
        site.start()
        site.until("both sessions are open again", lambda: are(site, "up"))
        assert site.hall("h1").next_show is not None
        site.kill()
        assert site.ask("shows", "cancel", show, "--state", site.state).returncode == 0
        site.start()
        site.until("the show is not awaited any more", lambda: site.hall("h1").next_show is None)
        site.until("both sessions are closed", lambda: are(site, "down"))


def test_shows_are_planned_and_imported_from_the_command_line(tmp_path: Path) -> None:
    with Multiplex(tmp_path) as site:
        site.start()
        day = datetime.now().astimezone() + timedelta(days=1)
        film = ("--gauge", "35", "--feet", "300 280", "--state", site.state)
        made = site.ask("shows", "add", "h1", f"{day:%Y-%m-%d}T20:45", "Metropolis", *film)
        assert (made.returncode, made.stderr) == (0, "")
        assert made.stdout.startswith("planned: Metropolis, h1, 20:45 on ")
        again = site.ask("shows", "add", "h1", f"{day:%Y-%m-%d}T20:46", "Nosferatu", *film)
        assert again.returncode == 1
        assert "Hall h1 shows Metropolis then" in again.stderr or "h1 shows Metropolis then" in again.stderr
        file = tmp_path / "week.csv"
        good, bad = f"h1,{day:%Y-%m-%d} 22:45,Nosferatu,35,300", f"h9,{day:%Y-%m-%d} 22:45,Sunrise,35,300"
        file.write_text(f"hall,starts,title,gauge,feet\n{good}\n{bad}\n", encoding="utf-8")
        refused = site.ask("shows", "import", file, "--state", site.state)
        assert refused.returncode == 1
        assert "row 3: there is no hall 'h9' here; there are h1" in refused.stderr
        assert "nothing was planned" in refused.stderr
        partial = site.ask("shows", "import", file, "--partial", "--state", site.state)
        assert "planned: Nosferatu, h1, 22:45 on " in partial.stdout
        assert partial.returncode == 1
        listed = site.ask("shows", "list", "--state", site.state).stdout
        assert [line.split()[4] for line in listed.splitlines()[1:]] == ["h1", "h1"]
        site.until("the hall knows its next show", lambda: site.hall("h1").next_show is not None)
