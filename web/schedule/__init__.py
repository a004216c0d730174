# SPDX-License-Identifier: Apache-2.0
"""Planning shows: the pages of the admin, and shapes of what is planned."""
