# SPDX-License-Identifier: Apache-2.0
"""The API, version 1: one router module for each thing that it tells or takes."""
