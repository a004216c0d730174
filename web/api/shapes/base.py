# SPDX-License-Identifier: Apache-2.0
"""What every shape has in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Plain pydantic: a hall is made of thirty shapes, and Ninja's own would look into each for a Django model."""

    model_config = ConfigDict(frozen=True)
