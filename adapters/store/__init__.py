# SPDX-License-Identifier: Apache-2.0
"""The event log and the tables that runtime, web and command line share: a Django app on two databases."""
