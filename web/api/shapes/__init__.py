# SPDX-License-Identifier: Apache-2.0
"""The shapes of what the API and the stream say. Times are ms since 1970, UTC; spans are ms."""
