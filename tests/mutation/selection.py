# SPDX-License-Identifier: Apache-2.0
"""Which tests mutants are held to: those named in pyproject.toml, for mutmut and for us."""

import tomllib
from pathlib import Path

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"
_MUTMUT = tomllib.loads(_PROJECT.read_text("utf-8"))["tool"]["mutmut"]

PLUGINS: list[str] = _MUTMUT["pytest_add_cli_args"]
"""Arguments for pytest that name no test."""

TESTS: list[str] = _MUTMUT["pytest_add_cli_args_test_selection"]
"""Files and directories of tests."""
