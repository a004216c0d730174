# SPDX-License-Identifier: Apache-2.0
"""Threads that live long, and whose connection to the database may not."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, connections

P = ParamSpec("P")
T = TypeVar("T")


def anew_after_trouble(call: Callable[P, T]) -> Callable[P, T]:
    """Close this thread's connections when the call fails: the next one finds a server that is back."""

    @wraps(call)
    def guarded(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return call(*arguments, **named)
        except Exception:
            connections.close_all()
            raise

    return guarded


def read_again(call: Callable[P, T]) -> Callable[P, T]:
    """Make a call that only reads once more, on a new connection: the old one may have ended while nobody used it."""
    once = anew_after_trouble(call)

    @wraps(call)
    def twice(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return once(*arguments, **named)
        except Error:
            return once(*arguments, **named)

    return twice
