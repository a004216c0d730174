# SPDX-License-Identifier: Apache-2.0
"""The process that runs a site: it composes adapters around the pure machines, and nothing else decides."""
