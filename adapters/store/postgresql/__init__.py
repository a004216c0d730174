# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL in the place of the two files: one database, one setting (DATABASE_URL), a Django backend that waits for
nothing without a limit."""
