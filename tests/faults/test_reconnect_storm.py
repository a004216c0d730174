# SPDX-License-Identifier: Apache-2.0
"""Every session of a site is lost at once and every server is back at once: nobody is refused, film comes first."""

from pathlib import Path

import pytest

from benchmarks.scale_site import Site
from benchmarks.scale_storm import OWN_LIMIT, overtaken, prepare, storm
from statemachines.words import Role, State
from tests.support.multiplex import Multiplex

HALLS, FILM_HALLS = 30, 10
LIMIT_S = 20.0
HANDSHAKES, STARTUPS = 2, 4
"""With more handshakes at a time than the server allows it refuses some: that was tried."""
REAL_HALLS = tuple(f"h{number}" for number in range(1, 13))


@pytest.mark.real_sshd
@pytest.mark.timeout(180)
def test_sixty_sessions_come_back_within_the_limit_of_handshakes_and_halls_with_film_first(tmp_path: Path) -> None:
    with Site(tmp_path, halls=HALLS, real=1, servers=1) as site:
        prepare(site, FILM_HALLS)
        came = storm(site, FILM_HALLS)
        alarms = site.asked("alarms")
    assert len(came.comebacks) == 2 * HALLS
    assert sum(each.film for each in came.comebacks) == 2 * FILM_HALLS
    assert came.seconds < LIMIT_S, came
    assert came.most_at_once <= OWN_LIMIT
    assert not overtaken(came.comebacks)
    assert not [name for name in alarms if name.startswith(("certificate", "controller_defect"))], alarms


@pytest.mark.real_sshd
@pytest.mark.timeout(180)
def test_a_real_server_refuses_nobody_for_its_limit_of_startups(tmp_path: Path) -> None:
    """Far more sessions at once than may log in at a time: when the runtime starts, and when the server is back."""
    with Multiplex(tmp_path, halls=REAL_HALLS, sshd=True) as site:
        assert site.sshd is not None
        _exchange(site.sshd.root / "sshd_config", "MaxStartups 200\n", f"MaxStartups {STARTUPS}:100:{STARTUPS}\n")
        _exchange(site.config, "[ssh]\n", f"[ssh]\nhandshakes = {HANDSHAKES}\n")
        site.sshd.restart()
        site.start()
        _refused_nobody(site.sshd.log_text())
        for hall in REAL_HALLS:
            site.do(f"{hall} insert")
        for hall in REAL_HALLS:
            site.until_state(hall, State.THREADING)
        site.until("every session is up", lambda: all(_is_up(site, hall) for hall in REAL_HALLS), 60)
        before = {(hall, role): site.session(hall, role).gen for hall in REAL_HALLS for role in Role}
        site.sshd.restart()
        site.until(
            "every session is back",
            lambda: all(
                site.session(hall, role).link_gen > gen and _is_up(site, hall) for (hall, role), gen in before.items()
            ),
            60,
        )
        _refused_nobody(site.sshd.log_text())


def _refused_nobody(said: str) -> None:
    assert "Accepted publickey" in said
    assert "MaxStartups" not in said, said
    assert "drop connection" not in said, said


def _exchange(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, text
    file.write_text(text.replace(old, new), encoding="utf-8")


def _is_up(site: Multiplex, hall: str) -> bool:
    return all(site.session(hall, role).state == "up" for role in Role)
