# SPDX-License-Identifier: Apache-2.0
"""`projectionist`: the command line. Each command is a module; they are imported when they are called."""

from hall_runtime.cli.app import main

__all__ = ["main"]
