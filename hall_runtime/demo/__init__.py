# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a small multiplex that runs by itself on this machine, on real input."""
