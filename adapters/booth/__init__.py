# SPDX-License-Identifier: Apache-2.0
"""A booth in Python: devices with real film arithmetic, their attributes, and the servers that reach them."""
