# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks`: print every comparison."""

from benchmarks import decisions

if __name__ == "__main__":
    print("\n".join(decisions.figures()))
