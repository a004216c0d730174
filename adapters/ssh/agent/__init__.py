# SPDX-License-Identifier: Apache-2.0
"""The programs that run on a server, in POSIX sh: reel-agent, reel-krl, reel-deploy. Data here, never imported."""
