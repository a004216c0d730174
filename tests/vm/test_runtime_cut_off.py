# SPDX-License-Identifier: Apache-2.0
"""What happens in a guest while nobody hears it, and how the runtime learns of it when the link is back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from statemachines.history import HALL
from statemachines.record import Record
from statemachines.words import Role, State
from tests.vm.cinema import VmCinema
from tests.vm.guest import Guest
from tests.vm.show import project

_STOP_SSHD = "killall sshd; while pidof sshd >/dev/null; do sleep 0.1; done"
_START_SSHD = "/usr/sbin/sshd -E /var/log/sshd.log"


@pytest.fixture
def site(tmp_path: Path, guest_factory: Callable[..., Guest]) -> Iterator[VmCinema]:
    with VmCinema(tmp_path, guest_factory(halls=("h1",)), feet=3000) as made:
        yield made


def told(site: VmCinema, kind: str) -> set[str]:
    return {row.payload["role"] for row in site.rows("h1", HALL) if row.kind == kind}


def snapped(site: VmCinema) -> None:
    """The film breaks; the kernel alone closes the dowser and stops the motor."""
    guest = site.guest
    assert guest.truth("h1")["dowser"] == "open"
    guest.sim("h1", "fault", "snap")
    site.until("the kernel has stopped the film", lambda: guest.truth("h1")["moving"] == "0")
    assert guest.truth("h1")["dowser"] == "closed"
    assert guest.truth("h1")["violations"] == "0"


def learned(site: VmCinema, after: int) -> list[Record]:
    """Return the projector's rows beyond `after`, once the hall is in fault and both roles are heard."""
    site.until_state("h1", State.FAULT, 40)
    kinds = ("watch_lost", "watch_up")

    def heard() -> bool:
        last = {row.payload["role"]: row.kind for row in site.rows("h1", HALL) if row.kind in kinds}
        return all(last.get(role, "watch_up") == "watch_up" for role in Role)

    site.until("both roles are heard", heard, 40)
    assert site.hall("h1").fault.cause == "film_break"
    rows = [row for row in site.rows("h1", HALL) if row.log_seq > after]
    assert [row for row in rows if row.kind == "events_lost"] == []
    return [row for row in rows if row.hw_seq and row.payload["role"] == Role.PROJECTION]


def in_order(rows: list[Record]) -> bool:
    """Tell whether they were stepped as they happened; only the break overtakes what was read with it."""
    numbers = [row.hw_seq for row in rows if row.kind != "film_broke"]
    return numbers == sorted(set(numbers))


def test_a_break_with_the_runtime_dead_the_network_cut_and_sshd_stopped(site: VmCinema) -> None:
    site.start()
    project(site, "h1")
    site.kill()
    site.guest.cut_network()
    site.guest.sh(_STOP_SSHD)
    last = site.rows("h1")[-1].log_seq
    snapped(site)
    site.guest.sh(_START_SSHD)
    site.guest.mend_network()
    site.launch()
    site.until("it has read its hardware", lambda: site.is_recovered("h1"), 40)
    rows = learned(site, last)
    assert in_order(rows)
    (broke,) = (row for row in rows if row.kind == "film_broke")
    assert broke.source == "ring"
    recovered = site.until_row("h1", "runtime_recovered", after=last)
    assert broke.log_seq < recovered.log_seq
    assert site.guest.reactions("h1")[-1][0] == broke.hw_seq


def test_a_break_behind_a_pulled_cable(site: VmCinema) -> None:
    site.start()
    project(site, "h1")
    last = site.rows("h1")[-1].log_seq
    site.guest.cut_network()
    site.until("both links are found half-open", lambda: told(site, "watch_lost") == set(Role), 12)
    assert site.hall("h1").state is State.PROJECTING
    snapped(site)
    site.guest.mend_network()
    rows = learned(site, last)
    assert in_order(rows)
    (broke,) = (row for row in rows if row.kind == "film_broke")
    assert broke.source == "ring"
