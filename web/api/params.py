# SPDX-License-Identifier: Apache-2.0
"""What routes take, bounded where it comes in: no number is beyond the database, no id holds what none can."""

from typing import Annotated

from pydantic import Field

_NS_MOST_MS = (2**63 - 1) // 1_000_000 - 1

HallId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$", description="a hall's id")]
Moment = Annotated[int, Field(ge=0, le=_NS_MOST_MS, description="ms since 1970, UTC")]
Cursor = Annotated[int, Field(ge=0, le=2**53, description="a position of the log")]
