# SPDX-License-Identifier: Apache-2.0
"""The pure core: what a hall is, what may happen to it, and what follows. No I/O, no clock, no randomness."""
