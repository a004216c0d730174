# SPDX-License-Identifier: Apache-2.0
"""The web side: what people and dashboards see of the runtime. It holds no machine and opens no SSH session."""
