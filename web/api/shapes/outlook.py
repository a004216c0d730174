# SPDX-License-Identifier: Apache-2.0
"""What can happen now."""

from pydantic import Field

from web.api.shapes.base import Shape


class OutlookView(Shape):
    """One verb that an operator may ask for: where it leads, or the words of what stops it."""

    verb: str = Field(examples=["start"])
    trigger: str = Field(examples=["show_started"])
    can_fire: bool
    dest: str = Field(description="the state it leads to, empty when it cannot fire", examples=["projecting"])
    reason: str = Field(description="why it cannot fire, empty when it can", examples=[""])
