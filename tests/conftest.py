# SPDX-License-Identifier: Apache-2.0
"""What holds for every test."""

import os

from hypothesis import settings

# How long one example takes says more of what else the machine does than of the code; pytest's own limit stays.
# CI draws the same examples each time, so that what fails there is the change; everywhere else they are new ones.
settings.register_profile("shared machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("shared machine")
