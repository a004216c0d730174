# SPDX-License-Identifier: Apache-2.0
"""The zone of a site's clocks: the configuration's, else the machine's."""

from pathlib import Path

import pytest

from hall_runtime.zone import is_zone, machine_zone


@pytest.mark.parametrize(
    ("name", "known"), [("Europe/Berlin", True), ("UTC", True), ("Mars/Base", False), ("", False), ("../x", False)]
)
def test_a_zone_is_known_or_not(name: str, known: bool) -> None:
    assert is_zone(name) is known


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("TZ", raising=False)
    made = tmp_path / "localtime"
    made.symlink_to("/usr/share/zoneinfo/Europe/Vienna")
    return made


def test_the_machines_zone_is_where_its_link_leads(link: Path) -> None:
    assert machine_zone(link) == "Europe/Vienna"


def test_tz_counts_more_than_the_link(link: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert machine_zone(link) == "Asia/Tokyo"


@pytest.mark.parametrize("tz", ["CET-1CEST", "nonsense"])
def test_what_is_no_iana_name_is_not_taken(link: Path, monkeypatch: pytest.MonkeyPatch, tz: str) -> None:
    monkeypatch.setenv("TZ", tz)
    assert machine_zone(link) == "Europe/Vienna"


def test_a_machine_without_a_zone_is_at_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert machine_zone(tmp_path / "nothing") == "UTC"
