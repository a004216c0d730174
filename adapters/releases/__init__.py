# SPDX-License-Identifier: Apache-2.0
"""Releases: their manifests, signatures and files, the shelf that keeps them, and how a module is built."""
