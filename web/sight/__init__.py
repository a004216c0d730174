# SPDX-License-Identifier: Apache-2.0
"""From values of the log to what people see. Pure but for the loaders (`site_view`, `past_view`, `graph_view`)."""
