# SPDX-License-Identifier: Apache-2.0
"""What reaches people who look at no board: alarms by webhook and e-mail, reports of shows, notes of shifts."""
