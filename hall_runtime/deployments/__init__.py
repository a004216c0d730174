# SPDX-License-Identifier: Apache-2.0
"""Deployments and roll-outs carried out: their machines kept and logged, servers worked on, halls held meanwhile."""
