# SPDX-License-Identifier: Apache-2.0
"""What a step makes must come back from the log as it was: the next start of the controller begins with it."""

import msgspec

from statemachines.values import Value, canonical


def keeps(value: Value) -> bool:
    """Tell whether a value, written down and read by its own type, is written down the same again."""
    text = canonical(value)
    return canonical(msgspec.json.decode(text, type=type(value))) == text
