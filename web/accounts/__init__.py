# SPDX-License-Identifier: Apache-2.0
"""Who may ask for what: users, tokens, stream tickets, and the book of what they did."""
