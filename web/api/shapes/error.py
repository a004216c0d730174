# SPDX-License-Identifier: Apache-2.0
"""What an answer says when it is not the one that was asked for."""

from pydantic import Field

from web.api.shapes.base import Shape


class Trouble(Shape):
    """`code` is for programs; `words` is a sentence for people: what was expected, and what to do."""

    code: str = Field(examples=["not_found"])
    words: str = Field(examples=["There is no hall h9 here; there are h1, h2."])


class ErrorAnswer(Shape):
    """The one form of every refusal of the API."""

    error: Trouble
