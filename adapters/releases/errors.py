# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a release, in words for whoever reads it."""


class ReleaseError(Exception):
    """The base of the errors of releases."""


class ReleaseRefused(ReleaseError, ValueError):
    """A release that is not taken; `problems` says each thing that is wrong, as the rest of a sentence."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class BuildFailed(ReleaseError):
    """A module that could not be built; the text says what is missing, or what the compiler said last."""


class NotSigned(ReleaseError):
    """A signature that could not be made."""
