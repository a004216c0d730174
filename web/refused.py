# SPDX-License-Identifier: Apache-2.0
"""How a command of the web ends when it cannot do its work."""


class CommandRefused(Exception):
    """What a person reads. `status` is 1, or 2 where the command line or the machine is in the way."""

    def __init__(self, words: str, status: int = 1) -> None:
        self.status = status
        super().__init__(words)
