# SPDX-License-Identifier: Apache-2.0
"""The files of the ABI in the tree: fresh, and checked by a command."""

from pathlib import Path

import pytest

from adapters.kernel.abi import FILES, main, stale, write

TREE = Path(__file__).parents[3]


def test_the_files_in_the_tree_are_fresh() -> None:
    assert not stale(TREE / "kmod"), "run python -m adapters.kernel.abi --write"


def test_check_names_a_file_that_was_edited_and_write_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kmod").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"kmod/ABI\.md and kmod/reel_abi\.h.*--write"):
        main(["--check"])
    write(Path("kmod"))
    header = Path("kmod/reel_abi.h")
    header.write_text(header.read_text().replace("RING_LINES 256", "RING_LINES 128"))
    with pytest.raises(SystemExit, match=r"tables of the ABI say: kmod/reel_abi\.h; run"):
        main(["--check"])
    main(["--write"])
    main(["--check"])
    assert {path.name for path in Path("kmod").iterdir()} == FILES.keys()
