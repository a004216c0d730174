# SPDX-License-Identifier: Apache-2.0
"""Asking halls and the site for something, and telling what came of it: never done before the hardware said so."""
