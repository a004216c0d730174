# SPDX-License-Identifier: Apache-2.0
"""Schedules from files: iCalendar and CSV, read row by row, each bad row named."""
