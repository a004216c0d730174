# SPDX-License-Identifier: Apache-2.0
"""The key that signs sessions, when several ask for it before there is one."""

import secrets
from pathlib import Path

import pytest

from web.secret import secret_key


def test_who_asks_while_it_is_drawn_gets_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, draw, others = tmp_path / "state", secrets.token_urlsafe, list[str]()

    def draw_late(length: int) -> str:
        monkeypatch.undo()
        others.append(secret_key(state))
        return draw(length)

    monkeypatch.setattr(secrets, "token_urlsafe", draw_late)
    key = secret_key(state)
    assert len(key) >= 48
    assert others == [key]
    assert secret_key(state) == key


def test_only_its_user_can_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    secret_key(tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.name == "web.secret"
    assert file.stat().st_mode & 0o777 == 0o600
