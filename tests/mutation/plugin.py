# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin for the runs that mutmut makes: cheap examples, quick tests first, tables built anew.

mutmut forks a child for each mutant from a process that has imported everything. A function that is called while
modules are imported (it builds a table) would be called no more in the child, and its mutants would live whatever
the tests say. So the plugin notes those functions in mutmut's survey, and for their mutants forgets the modules.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.state import state

IMPORTED = Path("called-while-imported.json")
SURVEYS = (Path("mutmut-stats.json"), Path("mutants", "mutmut-stats.json"))
"""Where mutmut keeps how long each test takes, from where its tests run and from above."""

EXAMPLES = 60
"""How many examples a property is tried with at most. Mutants that only more of them find count as survivors."""

LEFT_OUT = "tests/unit/core/test_abstraction.py"
"""It tests the state walk's own abstraction, over two halls an example: a mutant that all else passed would cost as
much again, and what it would find is found by no test that means the machine."""

KEPT = ("tests.mutation", "tests.conftest", "conftest")
"""What is ours and has no part in any table: this plugin is at work, and pytest holds on to its conftest."""

_imported: set[str] = set()


def mutant() -> str:
    """Return the name of the mutant under test; `stats` in mutmut's survey."""
    return os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_configure(config: pytest.Config) -> None:
    """After tests/conftest.py, before any test is imported."""
    del config
    settings.register_profile("mutation", parent=_cheap(settings()))
    settings.load_profile("mutation")
    function, _, number = mutant().partition("__mutmut_")
    if number and IMPORTED.exists() and function in json.loads(IMPORTED.read_text("utf-8")):
        _forget_modules()


def _cheap(own: settings) -> settings:
    """Fewer examples, the same each time; what fails need not be made small. Who runs a test twice is mutmut."""
    return settings(
        own,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        max_examples=min(own.max_examples, EXAMPLES),
        deadline=None,
        suppress_health_check=[*own.suppress_health_check, HealthCheck.differing_executors, HealthCheck.too_slow],
    )


def _forget_modules() -> None:
    """Test modules go too, under whatever name pytest gave them: they hold the tables that were built before."""
    here = f"{Path.cwd()}{os.sep}"
    for name, module in [*sys.modules.items()]:
        ours = (getattr(module, "__file__", None) or "").startswith(here)
        if ours and name != "tests" and not name.startswith(KEPT):
            del sys.modules[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    survey = next((path for path in SURVEYS if path.exists()), None)
    durations = json.loads(survey.read_text("utf-8"))["duration_by_test"] if survey else {}
    items.sort(key=lambda item: durations.get(item.nodeid, 0.0))
    items[:] = [item for item in items if not item.nodeid.startswith(LEFT_OUT)]
    for item in items:
        _cheapen(item)


def _cheapen(item: pytest.Item) -> None:
    """Tests that name their own settings are held to ours."""
    test: Any = getattr(item, "obj", None)
    test = getattr(test, "__func__", test)
    if hasattr(test, "_hypothesis_internal_use_settings"):
        test._hypothesis_internal_use_settings = _cheap(test._hypothesis_internal_use_settings)
    world: Any = getattr(item, "cls", None)
    if isinstance(getattr(world, "settings", None), settings):
        world.settings = _cheap(world.settings)


def pytest_collection_finish() -> None:
    if mutant() == "stats":
        # A survey of tests that came later imports nothing anew.
        _imported.update(state()._stats, json.loads(IMPORTED.read_text("utf-8")) if IMPORTED.exists() else [])
        IMPORTED.write_text(json.dumps(sorted(_imported)), "utf-8")


def pytest_runtest_call() -> None:
    """Whoever builds a table is behind each test that a table is behind."""
    if mutant() == "stats":
        state()._stats.update(_imported)
