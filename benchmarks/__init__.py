# SPDX-License-Identifier: Apache-2.0
"""Speed, measured beside a floor or a peer in the same run. `python -m benchmarks`, or `make bench`."""
