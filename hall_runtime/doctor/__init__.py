# SPDX-License-Identifier: Apache-2.0
"""What could keep a site from running: each thing looked at once, judged by pure functions, with how to mend it."""
