# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `guest`, fresh from the snapshot for each test, `guest_factory` for one that is different, `measured`."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from tests.faults.campaign import Campaign, Row, this_campaign
from tests.vm.bench import Bench, make_bench
from tests.vm.figures import PROPERTY, Figure, measured_now, plain, told
from tests.vm.guest import Guest, GuestPlan
from tests.vm.qmp import MachineEnded
from tests.vm.tty import CommandFailed
from tests.vm.verdict import verdict

_AT_ONCE = 2
GUESTS = pytest.StashKey[list[Guest]]()


@pytest.fixture(scope="session")
def bench() -> Bench:
    return make_bench()


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    """Return how often a thing is tried, and the seed."""
    return this_campaign()


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Give `measured(section, row, note)`: what a test found out, for people to read."""

    def note_down(name: str, row: Row, note: str = "") -> None:
        record_property(PROPERTY, plain(measured_now(name, row, note)))

    return note_down


@pytest.fixture
def guest_factory(bench: Bench, request: pytest.FixtureRequest) -> Iterator[Callable[..., Guest]]:
    """Give `factory(**plan)`: a guest with the fields of GuestPlan; at most two at once. Each is ended and judged."""
    guests = request.node.stash.setdefault(GUESTS, [])

    def start(**plan: Any) -> Guest:
        assert sum(guest.state == "running" for guest in guests) < _AT_ONCE, "two guests at once are enough here"
        guest = Guest(bench, GuestPlan(**plan))
        guests.append(guest)
        ends.callback(guest.end)
        return guest

    with ExitStack() as ends:
        yield start
        verdicts = [words for guest in guests if (words := verdict(guest))]
    if verdicts:
        pytest.fail("\n".join(verdicts), pytrace=False)


@pytest.fixture
def guest(guest_factory: Callable[..., Guest]) -> Guest:
    return guest_factory()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what its guests' kernels said."""
    report = yield
    if report.failed:
        for guest in item.stash.get(GUESTS, []):
            report.sections.append(("console of the guest", f"{guest.state}\n{guest.console}"))
            report.sections.append(("last of the guest's kernel log", _kernel_log(guest)))
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say what was measured; what a failed test found is said too, but never kept."""
    keep = this_campaign().full
    for kind in ("passed", "failed"):
        found = [each for report in terminalreporter.getreports(kind) for each in report.user_properties]
        figures = [Figure(*value) for name, value in found if name == PROPERTY]
        if figures:
            terminalreporter.section(f"measured by tests that {kind}")
            terminalreporter.write_line(told(figures, keep=keep and kind == "passed"))


def _kernel_log(guest: Guest) -> str:
    if guest.state != "running":
        return "it is gone"
    try:
        return guest.sh("dmesg | tail -n 30", limit_s=5)
    except (MachineEnded, CommandFailed, TimeoutError) as silent:
        return f"it does not answer: {silent}"
