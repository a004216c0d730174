# SPDX-License-Identifier: Apache-2.0
"""The pages that people look at, and the web component that draws halls."""
