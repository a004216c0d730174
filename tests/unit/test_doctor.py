# SPDX-License-Identifier: Apache-2.0
"""What the doctor makes of what it finds on this machine, and that each thing that is not well says how to mend it."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.ssh.authority import PASSPHRASE_VARIABLE, create_authority
from adapters.store import migrations
from adapters.store.lock import SiteLock
from hall_runtime.cli.app import app
from hall_runtime.cli.common import CommandFailed
from hall_runtime.config import Kernel
from hall_runtime.doctor import files
from hall_runtime.doctor.finding import Finding, Mark
from hall_runtime.doctor.judge import MIB, judged_agent, judged_buffer, judged_clock, judged_disk
from hall_runtime.doctor.kernel import kernel_events

EXAMPLE = Path(__file__).parents[2] / "packaging" / "cinema.toml"


def mendable(finding: Finding, mark: Mark) -> Finding:
    """Return the finding when it has that mark and says what to do."""
    assert finding.mark is mark, finding
    assert finding.mend, finding
    return finding


@pytest.mark.parametrize(
    ("ahead_s", "mark"), [(0, "ok"), (30, "ok"), (31, "warn"), (-60, "warn"), (61, "fail"), (-3600, "fail")]
)
def test_clocks_are_compared_in_both_directions(ahead_s: int, mark: str) -> None:
    finding = judged_clock("proj1", 1_700_000_000 + ahead_s, 1_700_000_000)
    assert finding.mark == mark
    assert str(max(abs(ahead_s), 1)) in finding.words
    assert bool(finding.mend) == (mark != "ok")


def test_a_clock_says_which_end_is_ahead() -> None:
    assert "ahead of" in judged_clock("proj1", 1045, 1000).words
    assert "behind" in judged_clock("proj1", 1000, 1045).words


def test_an_old_agent_is_enrolled_again_and_another_abi_does_not_work() -> None:
    assert judged_agent("a", "2.0", 1, ours="2.0", enrol="enrol it").mark is Mark.OK
    assert judged_agent("a", "2.0", 0, ours="2.0", enrol="enrol it").mark is Mark.OK
    assert mendable(judged_agent("a", "1.9", 1, ours="2.0", enrol="enrol it"), Mark.WARN).mend == "enrol it"
    mendable(judged_agent("a", "2.0", 7, ours="2.0", enrol="enrol it"), Mark.FAIL)


def test_a_small_event_buffer_names_the_limit_and_the_file_that_raises_it() -> None:
    finding = mendable(judged_buffer(2 * 208 * 1024, 16 * MIB, 212_992), Mark.WARN)
    assert "212,992" in finding.mend
    assert "90-projectionist.conf" in finding.mend
    assert judged_buffer(32 * MIB, 16 * MIB, 212_992).mark is Mark.OK


def test_a_disk_is_judged_by_what_is_left() -> None:
    assert judged_disk(9_000 * MIB, 8_000 * MIB, 1_000 * MIB).mark is Mark.OK
    mendable(judged_disk(9_000 * MIB, 8_100 * MIB, 900 * MIB), Mark.WARN)
    mendable(judged_disk(9_000 * MIB, 8_990 * MIB, 10 * MIB), Mark.FAIL)


def test_a_state_directory_that_others_can_read_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    finding = mendable(files.state_directory(tmp_path), Mark.FAIL)
    assert "chmod 0700" in finding.mend
    tmp_path.chmod(0o700)
    assert files.state_directory(tmp_path).mark is Mark.OK


def test_a_state_directory_that_is_missing_is_made_at_the_first_start(tmp_path: Path) -> None:
    mendable(files.state_directory(tmp_path / "none"), Mark.WARN)
    mendable(files.state_directory(Path("/dev/null")), Mark.FAIL)


def test_somebody_elses_state_directory_is_told_with_its_owner(tmp_path: Path) -> None:
    theirs = Path("/")
    if os.geteuid() == 0:
        theirs = tmp_path
        os.chown(theirs, 65_534, 65_534)
    finding = mendable(files.state_directory(theirs), Mark.FAIL)
    assert theirs.owner() in finding.words
    assert f"User={theirs.owner()}" in finding.mend


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"this was a database once" * 100)
    assert "log.sqlite" in mendable(files.database(path), Mark.FAIL).about


def test_a_database_is_old_ours_or_too_new(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"

    def applied(*names: str) -> Finding:
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as made:
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("CREATE TABLE django_migrations (app TEXT, name TEXT)")
            made.executemany("INSERT INTO django_migrations VALUES ('store', ?)", [(name,) for name in names])
        made.close()
        return files.database(path)

    mendable(files.database(path), Mark.WARN)
    mendable(applied(), Mark.WARN)
    ours = [file.stem for file in Path(migrations.__path__[0]).glob("0*.py")]
    assert applied(*ours).mark is Mark.OK
    assert "9999_later" in mendable(applied(*ours, "9999_later"), Mark.FAIL).words


def test_a_running_runtime_is_told_with_its_pid(tmp_path: Path) -> None:
    assert "none" in files.runtime(tmp_path).words
    with SiteLock(tmp_path):
        assert str(os.getpid()) in files.runtime(tmp_path).words


def test_an_authority_without_its_passphrase_is_still_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "authority" / "ca"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open sesame")
    missing, nothing = files.authority(path)
    assert nothing is None
    assert mendable(missing[-1], Mark.FAIL).mend == "projectionist keys init"
    create_authority(path, "open sesame")
    well, opened = files.authority(path)
    assert opened is not None
    assert {each.mark for each in well} == {Mark.OK}

    monkeypatch.setenv(PASSPHRASE_VARIABLE, "open barley")
    wrong, nothing = files.authority(path)
    assert nothing is None
    mendable(wrong[-1], Mark.FAIL)
    monkeypatch.delenv(PASSPHRASE_VARIABLE)
    without, nothing = files.authority(path)
    assert nothing is None
    assert [each.mark for each in without] == [Mark.FAIL, Mark.OK]
    path.chmod(0o640)
    assert "chmod 0600" in files.authority(path)[0][-1].words


async def test_a_booths_socket_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "events.sock"
    kernel = Kernel(source="socket", socket=str(path))
    mendable((await kernel_events(kernel))[0], Mark.FAIL)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert (await kernel_events(kernel))[0].mark is Mark.OK


async def test_the_kernel_says_how_much_it_holds_for_us() -> None:
    heard, buffer = await kernel_events(Kernel(buffer_mib=1))
    assert heard.mark is not Mark.FAIL
    assert "MiB of 1 MiB asked" in buffer.words


def test_the_command_ends_with_1_and_a_way_out_when_something_fails(tmp_path: Path) -> None:
    config = tmp_path / "cinema.toml"
    config.write_text(EXAMPLE.read_text().replace("/var/lib/projectionist", "/dev/null"))
    outcome = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert outcome.exit_code == 1
    assert "✗ fail state directory" in outcome.output
    assert "→ name another one: [site] state" in outcome.output


def test_a_configuration_with_a_mistake_is_told_by_its_key(tmp_path: Path) -> None:
    config = tmp_path / "cinema.toml"
    config.write_text(EXAMPLE.read_text().replace("buffer_mib = 16 ", "buffer_mib = 0 "))
    outcome = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert isinstance(outcome.exception, CommandFailed)
    assert "kernel.buffer_mib" in str(outcome.exception)
