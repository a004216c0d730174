# SPDX-License-Identifier: Apache-2.0
"""What can be done to real parts, one thing at a time; each deed is undone for sure and written down with its time."""
