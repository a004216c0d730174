# SPDX-License-Identifier: Apache-2.0
"""What the schedule refuses, as the API refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.store.errors import ShowRefused, ShowUnknown
from web.api.errors import Refused


def sentence(words: str) -> str:
    """Return words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


@contextmanager
def told() -> Iterator[None]:
    """Turn what the schedule refuses into an answer: 404 for what is not there, 422 for what cannot be."""
    try:
        yield
    except ShowUnknown as unknown:
        raise Refused(404, sentence(str(unknown))) from unknown
    except ShowRefused as refused:
        raise Refused(422, sentence(str(refused)), "show_refused") from refused
