# SPDX-License-Identifier: Apache-2.0
"""PHPUnit inside a WordPress of its own: client, rights, routes, settings, screens, and that nothing is left behind."""

import subprocess
from pathlib import Path

from tests.wordpress.wordpress import installed

_TESTS = Path(__file__).parent / "phpunit"
_LIMIT_S = 100


def test_phpunit_inside_wordpress(tmp_path: Path) -> None:
    with installed(tmp_path / "wordpress", []) as press:
        done = subprocess.run(
            ["phpunit", "--configuration", str(_TESTS / "phpunit.xml"), "--colors=never"],
            env=dict(press.environment),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        defects = press.defects()
        press.run("new Projectionist\\Booth\\Snapshot(['halls' => [['id' => []]]]);")  # no such thing is ever an id
        warned = press.defects()
    print(done.stdout[-300:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK (" in done.stdout
    assert defects == []
    assert "Array to string conversion" in warned[-1]  # it would have been heard
