# SPDX-License-Identifier: Apache-2.0
"""Releases and roll-outs: the pages, the tables of the admin, and shapes of what is deployed."""
