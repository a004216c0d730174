# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads: the web's own figures, and those that the runtime leaves in the store."""
