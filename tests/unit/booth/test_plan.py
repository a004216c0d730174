# SPDX-License-Identifier: Apache-2.0
"""A plan is read whole or refused in words."""

import json
from pathlib import Path

import pytest

from adapters.booth.errors import BoothRefused
from adapters.booth.plan import read_plan
from statemachines.words import Role

SERVER = {"name": "s1", "user_ca": "ssh-ed25519 AAAA", "agent_script": "/agent"}
PLAN = {"halls": [{"id": "h1"}], "devices": "/dev/shm/x", "state": "/tmp/x"}


def written(directory: Path, **changes: object) -> Path:
    path = directory / "plan.json"
    path.write_text(json.dumps({**PLAN, **changes}))
    return path


def test_what_is_left_out_has_a_meaning(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path))
    assert plan.projection_fps == 24
    assert plan.halls[0].roles == (Role.PROJECTION, Role.SOUND)
    assert plan.halls[0].feet == (2000,)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"halls": []}, "halls"),
        ({"halls": [{"id": "H 1"}]}, "halls"),
        ({"halls": [{"id": "h1"}, {"id": "h1"}]}, "two halls have one id"),
        ({"halls": [{"id": "h1", "gauge": 8}]}, "8 mm wide"),
        ({"halls": [{"id": "h1", "feet": []}]}, "feet"),
        ({"projection_fps": 0}, "projection_fps"),
        ({"events": "smoke"}, "events"),
        ({"colour": "red"}, "colour"),
        ({"servers": [{**SERVER, "serves": [{"hall": "h2", "role": "sound", "principal": "p"}]}]}, "no hall has it"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(BoothRefused, match=words):
        read_plan(written(tmp_path, **changes))


def test_a_missing_plan_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(BoothRefused, match=r"nowhere\.json"):
        read_plan(tmp_path / "nowhere.json")
