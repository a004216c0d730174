# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

from hypothesis import settings

# How long one example takes says more of what else the machine does than of the code; pytest's own limit stays.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
