# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in the store, in words for whoever reads it."""


class StoreError(Exception):
    """The base of the store's errors."""


class SiteLocked(StoreError):
    """Another runtime owns this state directory."""


class StateUnusable(StoreError):
    """Something in the state directory is not what it must be."""


class LogNotWritable(StoreError):
    """Rows could not be made durable in time; those that wait stay in memory and in order."""


class RecordUnfit(StoreError, ValueError):
    """A record that no row can hold: a number beyond 63 bits, or what JSON cannot hold."""


class LogMalformed(StoreError, ValueError):
    """A stored row or a JSONL line that is no record, or does not continue its stream's chain."""


class RequestRefused(StoreError, ValueError):
    """An operator request that no hall could understand."""


class ShowRefused(StoreError, ValueError):
    """A show or a print that cannot be; `problems` says each thing that is wrong, in words."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class ShowUnknown(StoreError, LookupError):
    """No show, or no print, has that id."""


class DeploymentRefused(StoreError, ValueError):
    """A release or a roll-out that cannot be; `problems` says each thing that is wrong, in words."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class DeploymentUnknown(StoreError, LookupError):
    """No release, roll-out or deployment has that id."""
