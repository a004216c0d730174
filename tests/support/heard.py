# SPDX-License-Identifier: Apache-2.0
"""Who hears what the log's writer has to tell."""

import threading


class Heard:
    """The words of each trouble, and whether the writer has been in one and out of it."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.troubled, self.healthy = threading.Event(), threading.Event()

    def trouble(self, words: str) -> None:
        self.words.append(words)
        self.troubled.set()
