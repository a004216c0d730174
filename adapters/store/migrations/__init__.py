# SPDX-License-Identifier: Apache-2.0
"""Migrations of both databases; the router says which model lives where."""
