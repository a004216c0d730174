# SPDX-License-Identifier: Apache-2.0
"""What a running site tells of itself beside its log."""

from collections import Counter
from pathlib import Path

from statemachines.words import Role
from tests.support.multiplex import Multiplex


def kinds(site: Multiplex) -> Counter[str]:
    return Counter(row.kind for row in site.rows("h1"))


def test_a_running_site_counts_what_its_log_holds(tmp_path: Path) -> None:
    with Multiplex(tmp_path) as site:
        site.start()
        site.do("h1 insert")
        site.until("both sessions are up", lambda: all(each.state == "up" for each in site.now("h1").sessions))
        site.until("round trips are told", lambda: all(site.hall_figures("h1").get("round_trip_us", {"": 0}).values()))
        assert site.hall_figures("h1")["round_trip_us"].keys() == set(Role)

        site.until("what is counted is what is logged", lambda: site.figures()["events"] == kinds(site))
        told = site.figures()
        assert told["halls"] == {"threading": 1}
        assert told["sessions"] == {"projection": {"up": 1}, "sound": {"up": 1}}
        assert told["transitions"]["hall"] == {"idle>threading:film_inserted": 1}
        assert told["handshakes"] == {"ok": 2, "failed": 0, "refused": 0}
        assert sum(told["step_us"]["counts"]) == sum(told["events"].values())
        assert told["heard"]["live"] > 0
        assert (told["heard"]["lost"], told["log"]["lost"]) == (0, 0)
