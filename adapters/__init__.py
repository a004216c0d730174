# SPDX-License-Identifier: Apache-2.0
"""Each package here speaks to one thing outside the core, and imports only `statemachines`."""
