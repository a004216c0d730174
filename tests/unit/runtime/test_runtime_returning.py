# SPDX-License-Identifier: Apache-2.0
"""A server that is back calls those who wait for it: once, and only when it was away."""

from hall_runtime.returning import Servers


def test_a_server_is_back_once_after_each_absence() -> None:
    back: list[str] = []
    servers = Servers(back.append)
    servers.answered("h1p")
    assert back == []
    servers.unreachable("h1p")
    servers.unreachable("h1p")
    servers.answered("h1s")
    assert back == []
    servers.answered("h1p")
    servers.answered("h1p")
    assert back == ["h1p"]
    servers.unreachable("h1p")
    servers.answered("h1p")
    assert back == ["h1p", "h1p"]
